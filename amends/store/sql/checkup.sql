-- How the service runs, for its page and `amends doctor`. All read across merchants, on purpose, and cheap with 100,000
-- cases: counts end at `most`, and every list is found by a partial index over what is still to be done.

-- name: server()
-- out: version number, the database's own clock, bytes on its disk (from the file system, no table is read)
select current_setting('server_version_num')::int, clock_timestamp(), pg_database_size(current_database());

-- name: deliveries(now, horizon, most)
-- Messages that are due, counted up to `most`, and the oldest. By outbox_due; a lent one stands there at the end of its
-- lease, before the horizon.
select count(*), min(due_at)
  from (select due_at
          from outbox
         where done_at is null and dead_at is null
           and coalesce(leased_until, due_at) <= :horizon and due_at <= :now
         order by coalesce(leased_until, due_at), merchant_id, message_id
         limit :most) w;

-- name: given_up(most)
-- Messages given up, counted up to `most`, and the oldest. By outbox_dead.
select count(*), min(dead_at)
  from (select dead_at from outbox where dead_at is not null order by dead_at, merchant_id, message_id limit :most) d;

-- name: overdue_cases(now, horizon, most)
-- Cases past a deadline that nobody carried out, counted up to `most`, and the oldest. By cases_due; one that the sweep
-- set aside stands there at its retry_at, before the horizon.
select count(*), min(due_at)
  from (select due_at
          from cases
         where due_at < '9999-01-01Z' and coalesce(retry_at, due_at) <= :horizon and due_at <= :now
         order by coalesce(retry_at, due_at), merchant_id, case_id
         limit :most) d;

-- name: overdue_orders(now, horizon, most)
-- The same of orders. By orders_due.
select count(*), min(due_at)
  from (select due_at
          from orders
         where due_at is not null and coalesce(retry_at, due_at) <= :horizon and due_at <= :now
         order by coalesce(retry_at, due_at), merchant_id, order_no
         limit :most) d;

-- name: stuck(since, horizon, after_due, after_merchant, after_case, page)
-- Cases whose deadline passed at an instant or before, page by page in the order of the sweep. By cases_due.
-- out: its place in that order, state, title, updated_at
select coalesce(retry_at, due_at), state, title, updated_at
  from cases
 where due_at < '9999-01-01Z' and coalesce(retry_at, due_at) <= :horizon and due_at <= :since
   and (coalesce(retry_at, due_at), merchant_id, case_id) > (:after_due, :after_merchant, :after_case)
 order by coalesce(retry_at, due_at), merchant_id, case_id
 limit :page;

-- name: late_twice(most, page)
-- Cases for which the platform missed its own deadline twice or more (rules §4, `ruling`). The late ones, up to `most`,
-- are found in cases_on_desk alone; only of these the state is read.
with late as materialized (
    select merchant_id, case_id
      from cases
     where queues <> '' and queues like '%late%'
     order by desk_due_at, merchant_id, case_id
     limit :most)
select merchant_id, case_id
  from late
  join cases using (merchant_id, case_id)
 where stage = 'under_review' and (state -> 'review' ->> 'late')::int >= 2
 order by due_at, merchant_id, case_id
 limit :page;

-- name: unseen_evidence(most)
-- Evidence with a file that was not looked at, counted up to `most`, and when the oldest was filed. By
-- evidence_to_examine; what is lent at the moment stands there, too.
select count(*), min(filed_at)
  from (select filed_at
          from evidence
         where examine_after is not null and sha256 <> ''
         order by examine_after
         limit :most) w;

-- name: unsealed(most)
-- What the ledger does not have yet: one row a merchant is compared, the events themselves are only counted by number.
-- out: how many events; when the oldest was recorded, of up to `most` merchants, by events_in_feed_order; the newest head
with behind as materialized (
    select f.merchant_id, coalesce(m.feed_no, 0) as done, f.feed_no - coalesce(m.feed_no, 0) as events
      from feeds f
      left join ledger_marks m using (merchant_id)
     where f.feed_no > coalesce(m.feed_no, 0))
select (select coalesce(sum(events), 0)::bigint from behind),
       (select min(e.recorded_at)
          from (select merchant_id, done from behind order by merchant_id limit :most) b
          join events e on e.merchant_id = b.merchant_id and e.feed_no = b.done + 1),
       (select at from ledger_heads order by size desc limit 1);
