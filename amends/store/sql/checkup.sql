-- What `amends doctor` looks at. All read across merchants, on purpose.

-- name: server()
-- out: version number, the database's own clock
select current_setting('server_version_num')::int, clock_timestamp();

-- name: outbox(since)
-- out: messages due since an instant or longer, messages given up
select (select count(*) from outbox where done_at is null and dead_at is null and due_at <= :since),
       (select count(*) from outbox where dead_at is not null);

-- name: overdue(since, page)
-- Cases whose deadline passed at an instant or before, and that are still where they were, the oldest first.
select merchant_id, case_id
  from cases
 where due_at <= :since
 order by due_at, merchant_id, case_id
 limit :page;

-- name: late_twice(page)
-- Cases for which the platform missed its own deadline twice or more (rules §4, `ruling`).
select merchant_id, case_id
  from cases
 where stage = 'under_review' and (state -> 'review' ->> 'late')::int >= 2
 order by due_at, merchant_id, case_id
 limit :page;
