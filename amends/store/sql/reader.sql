-- What pages and lists read. Lists go page by page behind the last row shown, never by offset.

-- name: case_state(merchant_id, case_id)
select state from cases where merchant_id = :merchant_id and case_id = :case_id;

-- name: timeline(merchant_id, case_id, after_seq, page)
-- Events of a case behind a number.
select payload
  from events
 where merchant_id = :merchant_id and case_id = :case_id and seq > :after_seq
 order by seq
 limit :page;

-- name: records(merchant_id, case_id)
-- All events of a case as they were sealed.
select payload, chain, recorded_at
  from events
 where merchant_id = :merchant_id and case_id = :case_id
 order by seq;

-- name: feed(merchant_id, after_no, page)
-- A merchant's events behind a number of his feed.
select feed_no, payload
  from events
 where merchant_id = :merchant_id and feed_no > :after_no
 order by feed_no
 limit :page;

-- name: feed_no(merchant_id)
select feed_no from feeds where merchant_id = :merchant_id;

-- name: parcels(tracking_nos)
-- Everything that travels under these numbers, with whatever merchant: a fan-out read.
-- out: case_id is 0 for an outward parcel
select merchant_id, order_no, case_id, leg, carrier, tracking_no
  from parcels
 where tracking_no = any(:tracking_nos)
 order by tracking_no, merchant_id, order_no, case_id, leg;

-- name: orders_of_buyer(buyer_id, before_seen, before_merchant, before_order, page)
-- A buyer's orders with all merchants, the newest first, behind a place: a fan-out read.
select state, seen_at, merchant_id, order_no
  from orders
 where buyer_id = :buyer_id
   and (seen_at < :before_seen
        or seen_at = :before_seen and (merchant_id, order_no) > (:before_merchant, :before_order))
 order by seen_at desc, merchant_id, order_no
 limit :page;

-- name: counts_of_merchant(merchant_id, due_before)
-- Cases per stage, and how many of them are due before an instant.
select stage, count(*), count(*) filter (where due_at < :due_before)
  from cases
 where merchant_id = :merchant_id
 group by stage;

-- name: counts_of_all(due_before)
-- The same over all merchants: a fan-out read.
select stage, count(*), count(*) filter (where due_at < :due_before)
  from cases
 group by stage;

-- name: cases_of_merchant_by_due(merchant_id, stages, kinds, reasons, assignee, due_before, words, after_due, after_merchant, after_case, page)
-- A merchant's cases, the soonest deadline first.
-- The filters of all five lists always apply; one that was not asked for gets a value that lets everything through:
-- all stages, all kinds, '%' as pattern, the year 9999.
-- out: state, title, updated_at
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.merchant_id = :merchant_id
   and c.stage = any(:stages) and c.kind = any(:kinds) and c.reason like any(:reasons)
   and c.assignee like :assignee and c.due_at <= :due_before and w.words like :words
   and (c.due_at, c.merchant_id, c.case_id) > (:after_due, :after_merchant, :after_case)
 order by c.due_at, c.merchant_id, c.case_id
 limit :page;

-- name: cases_of_merchant_newest(merchant_id, stages, kinds, reasons, assignee, due_before, words, after_case, after_merchant, page)
-- A merchant's cases, the newest first.
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.merchant_id = :merchant_id
   and c.stage = any(:stages) and c.kind = any(:kinds) and c.reason like any(:reasons)
   and c.assignee like :assignee and c.due_at <= :due_before and w.words like :words
   and (c.case_id, c.merchant_id) < (:after_case, :after_merchant)
 order by c.case_id desc, c.merchant_id desc
 limit :page;

-- name: cases_of_buyer_newest(buyer_id, stages, kinds, reasons, assignee, due_before, words, after_case, after_merchant, page)
-- A buyer's cases with all merchants, the newest first: a fan-out read.
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.buyer_id = :buyer_id
   and c.stage = any(:stages) and c.kind = any(:kinds) and c.reason like any(:reasons)
   and c.assignee like :assignee and c.due_at <= :due_before and w.words like :words
   and (c.case_id, c.merchant_id) < (:after_case, :after_merchant)
 order by c.case_id desc, c.merchant_id desc
 limit :page;

-- name: cases_by_due(stages, kinds, reasons, assignee, due_before, words, after_due, after_merchant, after_case, page)
-- Cases of all merchants, the soonest deadline first: a fan-out read.
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.stage = any(:stages) and c.kind = any(:kinds) and c.reason like any(:reasons)
   and c.assignee like :assignee and c.due_at <= :due_before and w.words like :words
   and (c.due_at, c.merchant_id, c.case_id) > (:after_due, :after_merchant, :after_case)
 order by c.due_at, c.merchant_id, c.case_id
 limit :page;

-- name: cases_newest(stages, kinds, reasons, assignee, due_before, words, after_case, after_merchant, page)
-- Cases of all merchants, the newest first: a fan-out read.
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.stage = any(:stages) and c.kind = any(:kinds) and c.reason like any(:reasons)
   and c.assignee like :assignee and c.due_at <= :due_before and w.words like :words
   and (c.case_id, c.merchant_id) < (:after_case, :after_merchant)
 order by c.case_id desc, c.merchant_id desc
 limit :page;
