-- Taking files and words out of cases whose time is over. Run as the owner of the tables: the service's own role can
-- change no event.

-- name: finished(before, after_at, after_merchant, after_case, limit)
-- in: page behind a case, by closing
-- out: closed cases that are whole, with their orders and the oldest hold that stands
select c.merchant_id, c.case_id, c.order_no, c.closed_at, c.state, o.state, h.reason, h.placed_at
  from cases c
  join orders o on o.merchant_id = c.merchant_id and o.order_no = c.order_no
  left join lateral (select reason, placed_at from holds
                      where merchant_id = c.merchant_id and case_id = c.case_id and lifted_at is null
                      order by hold_no limit 1) h on true
 where c.closed_at < :before and c.erased_at is null
   and (c.closed_at, c.merchant_id, c.case_id) > (:after_at, :after_merchant, :after_case)
 order by c.closed_at, c.merchant_id, c.case_id
 limit :limit;

-- name: one(merchant_id, case_id)
-- out: as above, of one case, closed or not
select c.merchant_id, c.case_id, c.order_no, c.closed_at, c.state, o.state, h.reason, h.placed_at
  from cases c
  join orders o on o.merchant_id = c.merchant_id and o.order_no = c.order_no
  left join lateral (select reason, placed_at from holds
                      where merchant_id = c.merchant_id and case_id = c.case_id and lifted_at is null
                      order by hold_no limit 1) h on true
 where c.merchant_id = :merchant_id and c.case_id = :case_id and c.erased_at is null;

-- name: take(merchant_id, order_no)!
-- Commands on the order wait until this is over, and are then decided on what is left.
update heads set version = version + 1 where merchant_id = :merchant_id and order_no = :order_no;

-- name: lock(merchant_id, case_id)!
-- So that nobody puts a hold on it meanwhile.
select from cases where merchant_id = :merchant_id and case_id = :case_id for update;

-- name: still_due(merchant_id, case_id, closed_at)$
-- Whether the case is as it was when its time was reckoned, and nobody put a hold on it since.
select exists (select from cases
                where merchant_id = :merchant_id and case_id = :case_id and closed_at = :closed_at
                  and erased_at is null)
   and not exists (select from holds
                    where merchant_id = :merchant_id and case_id = :case_id and lifted_at is null);

-- name: payloads(merchant_id, case_id)
select seq, payload from events where merchant_id = :merchant_id and case_id = :case_id order by seq;

-- name: erase_event(merchant_id, case_id, seq, payload)!
update events set payload = :payload where merchant_id = :merchant_id and case_id = :case_id and seq = :seq;

-- name: erase_case(merchant_id, case_id, state, now)!
update cases set state = :state, erased_at = :now where merchant_id = :merchant_id and case_id = :case_id;

-- name: is_last_of_order(merchant_id, order_no)$
-- Whether no case of the order is whole any more.
select not exists (select from cases where merchant_id = :merchant_id and order_no = :order_no and erased_at is null);

-- name: erase_order(merchant_id, order_no, state)!
update orders set state = :state where merchant_id = :merchant_id and order_no = :order_no;

-- name: erase_words(merchant_id, order_no, words)!
update order_words set words = :words where merchant_id = :merchant_id and order_no = :order_no;

-- name: drop_receipts(merchant_id, case_id)!
delete from receipts where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_messages(merchant_id, case_id)!
delete from outbox where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_parcels(merchant_id, order_no, case_id)!
delete from parcels where merchant_id = :merchant_id and order_no = :order_no and case_id = :case_id;

-- name: drop_talk(merchant_id, case_id)!
delete from conversation_messages m
 using conversations c
 where c.merchant_id = :merchant_id and c.case_id = :case_id
   and m.merchant_id = c.merchant_id and m.conversation_id = c.conversation_id;

-- name: drop_conversations(merchant_id, case_id)!
delete from conversations where merchant_id = :merchant_id and case_id = :case_id;

-- name: hashes(merchant_id, case_id)
-- out: files that this case names and no case that is whole
select distinct e.sha256
  from evidence e
 where e.merchant_id = :merchant_id and e.case_id = :case_id and e.sha256 <> ''
   and not exists (select from evidence o
                     join cases c on c.merchant_id = o.merchant_id and c.case_id = o.case_id and c.erased_at is null
                    where o.merchant_id = e.merchant_id and o.sha256 = e.sha256 and o.case_id <> e.case_id)
 order by e.sha256;

-- name: guard(sha256)
-- As in `files.sql`: nobody begins to keep the same bytes meanwhile.
select pg_advisory_xact_lock(hashtextextended(:sha256, 1));

-- name: drop_files(merchant_id, sha256, closed_at)
-- Not one that was uploaded since the case closed and waits for another to be opened.
delete from files
 where merchant_id = :merchant_id and sha256 = :sha256 and (is_filed or touched_at < :closed_at)
returning size_bytes;

-- name: drop_examinations(merchant_id, case_id)!
-- Text that was read in pictures goes with the pictures.
delete from examinations where merchant_id = :merchant_id and case_id = :case_id;

-- name: forget_files(merchant_id, case_id)!
-- The events still have the hashes; here they would bind whatever has the same bytes in the future.
update evidence set sha256 = '' where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_matches(merchant_id, case_id)!
-- In whichever of the two cases they stand.
delete from picture_matches
 where (merchant_id = :merchant_id and case_id = :case_id)
    or (other_merchant_id = :merchant_id and other_case_id = :case_id);

-- name: others(sha256)$
select exists (select from files where sha256 = :sha256);

-- name: record(merchant_id, case_id, now, erased_by, because, kept_until, events, files, file_bytes)!
insert into erasures (merchant_id, case_id, erased_at, erased_by, because, kept_until, events, files, file_bytes)
values (:merchant_id, :case_id, :now, :erased_by, :because, :kept_until, :events, :files, :file_bytes);

-- name: place_hold(merchant_id, case_id, reason, placed_by, now)
-- out: its number; none where there is no such case, or nothing left in it
insert into holds (merchant_id, case_id, hold_no, reason, placed_by, placed_at)
select c.merchant_id, c.case_id,
       1 + (select count(*) from holds h where h.merchant_id = c.merchant_id and h.case_id = c.case_id),
       :reason, :placed_by, :now
  from cases c
 where c.merchant_id = :merchant_id and c.case_id = :case_id and c.erased_at is null
   for share
returning hold_no;

-- name: lift_hold(merchant_id, case_id, hold_no, lifted_by, because, now)!
update holds
   set lifted_by = :lifted_by, lifted_because = :because, lifted_at = :now
 where merchant_id = :merchant_id and case_id = :case_id and hold_no = :hold_no and lifted_at is null;

-- name: holds()
-- out: those that stand, the oldest first. A fan-out read.
select merchant_id, case_id, hold_no, reason, placed_by, placed_at
  from holds
 where lifted_at is null
 order by placed_at, merchant_id, case_id, hold_no;

-- name: page_of_orders(after_merchant, after_order, limit)
-- out: the last order of a page by key
select merchant_id, order_no
  from (select merchant_id, order_no from orders
         where (merchant_id, order_no) > (:after_merchant, :after_order)
         order by merchant_id, order_no
         limit :limit) page
 order by merchant_id desc, order_no desc
 limit 1;

-- name: count_orders(before)$
-- Orders that were never complained of and that nobody touched since.
select count(*)
  from orders o
 where o.updated_at < :before
   and not exists (select from cases c where c.merchant_id = o.merchant_id and c.order_no = o.order_no);

-- name: drop_orders(after_merchant, after_order, last_merchant, last_order, before)$
-- Those of one page.
with gone as (
    delete from orders o
     where (o.merchant_id, o.order_no) > (:after_merchant, :after_order)
       and (o.merchant_id, o.order_no) <= (:last_merchant, :last_order)
       and o.updated_at < :before
       and not exists (select from cases c where c.merchant_id = o.merchant_id and c.order_no = o.order_no)
    returning o.merchant_id, o.order_no
), words as (
    delete from order_words w using gone g where w.merchant_id = g.merchant_id and w.order_no = g.order_no
), ways as (
    delete from parcels p using gone g where p.merchant_id = g.merchant_id and p.order_no = g.order_no
), receipts_gone as (
    delete from receipts r using gone g where r.merchant_id = g.merchant_id and r.order_no = g.order_no
), messages as (
    delete from outbox m using gone g where m.merchant_id = g.merchant_id and m.order_no = g.order_no
), numbers as (
    delete from heads h using gone g where h.merchant_id = g.merchant_id and h.order_no = g.order_no
)
select count(*) from gone;

-- name: count_talks(before)$
-- Talks with the service about no case, or about one that was erased.
select count(*)
  from conversations t
  left join cases c on c.merchant_id = t.merchant_id and c.case_id = t.case_id
 where t.closed_at < :before and (t.case_id is null or c.erased_at is not null);

-- name: drop_talks(before)$
with gone as (
    delete from conversations t
     where t.closed_at < :before
       and (t.case_id is null
            or exists (select from cases c
                        where c.merchant_id = t.merchant_id and c.case_id = t.case_id and c.erased_at is not null))
    returning t.merchant_id, t.conversation_id
), said as (
    delete from conversation_messages m using gone g
     where m.merchant_id = g.merchant_id and m.conversation_id = g.conversation_id
)
select count(*) from gone;
