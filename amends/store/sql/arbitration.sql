-- What the platform's desk reads: its queues, what was ruled, who has how much. All read across merchants, on purpose.

-- name: desk_by_due(like, assignee, hands_off, reasons, words, after_due, after_merchant, after_case, page)
-- Cases in the queues of the desk, the soonest deadline first. `like` is a pattern over the names of queues;
-- `hands_off` leaves out appeals and second looks for somebody who had a hand in the ruling, '' nobody.
-- out: state, title, updated_at
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.queues <> '' and c.queues like :like and c.assignee like :assignee
   and c.reason like any(:reasons) and w.words like :words
   and (c.desk_due_at, c.merchant_id, c.case_id) > (:after_due, :after_merchant, :after_case)
   and not (:hands_off <> '' and c.queues ~ '\m(appeal|second)\M'
            and :hands_off in (coalesce(c.state -> 'ruling' ->> 'by', ''),
                               coalesce(c.state -> 'ruling' ->> 'approved_by', '')))
 order by c.desk_due_at, c.merchant_id, c.case_id
 limit :page;

-- name: desk_by_amount(like, assignee, hands_off, reasons, words, after_amount, after_merchant, after_case, page)
-- The same, the largest amount first.
select c.state, c.title, c.updated_at
  from cases c
  join order_words w using (merchant_id, order_no)
 where c.queues <> '' and c.queues like :like and c.assignee like :assignee
   and c.reason like any(:reasons) and w.words like :words
   and (-c.amount_minor, c.merchant_id, c.case_id) > (-:after_amount::bigint, :after_merchant, :after_case)
   and not (:hands_off <> '' and c.queues ~ '\m(appeal|second)\M'
            and :hands_off in (coalesce(c.state -> 'ruling' ->> 'by', ''),
                               coalesce(c.state -> 'ruling' ->> 'approved_by', '')))
 order by -c.amount_minor, c.merchant_id, c.case_id
 limit :page;

-- name: desk_counts(staff)
-- How many cases stand in which queues, by whether this person has them, nobody has, or this person had a hand in the
-- ruling that somebody else must look at.
-- out: queues, is_mine, is_nobodys, is_handled, cases
select queues, assignee = :staff, assignee = '',
       queues ~ '\m(appeal|second)\M'
           and :staff in (coalesce(state -> 'ruling' ->> 'by', ''), coalesce(state -> 'ruling' ->> 'approved_by', '')),
       count(*)
  from cases
 where queues <> ''
 group by 1, 2, 3, 4;

-- name: ruled_alike(reason, kind, not_case, page)
-- The newest rulings on the same reason and kind, with their orders, whose lines name the category.
-- out: case, order, title
select c.state, o.state, c.title
  from cases c
  join orders o using (merchant_id, order_no)
 where c.reason = :reason and c.kind = :kind and c.ruled_at is not null and c.case_id <> :not_case
 order by c.ruled_at desc
 limit :page;

-- name: load()
-- Who has how many cases at the desk, how many of them the platform is late with, and the soonest deadline.
select assignee, count(*), count(*) filter (where position('late' in queues) > 0), min(desk_due_at)
  from cases
 where queues <> ''
 group by assignee;

-- name: ruled_since(since)
-- What each person ruled, of what was ruled since an instant: how much, how much of it was appealed and changed by
-- somebody else, and half of it within how many seconds of the platform's stepping in. The case keeps the ruling that
-- stands; who ruled first is in the record.
select coalesce(first.by, c.state -> 'ruling' ->> 'by'), count(*),
       count(*) filter (where c.state -> 'appeal' is not null),
       count(*) filter (where first.by is not null and c.state -> 'appeal' ->> 'outcome' = 'change'),
       coalesce(percentile_cont(0.5) within group (order by extract(
           epoch from coalesce(first.at, c.ruled_at) - (c.state -> 'review' ->> 'entered_at')::timestamptz)), 0)::bigint
  from cases c
  left join lateral (select e.payload -> 'event' ->> 'by' as by, e.at
                       from events e
                      where e.merchant_id = c.merchant_id and e.case_id = c.case_id and e.tag = 'ruling_given'
                      order by e.seq
                      limit 1) first on true
 where c.ruled_at >= :since
 group by 1;
