-- The queue of deadlines that have passed. It is read across all merchants, on purpose: one sweeper serves all.

-- name: due_cases(now, after_due, after_merchant, after_case, page)
-- Cases due at an instant, oldest first, behind a place in the queue. The place of a case set aside is its retry_at.
-- out: due_at, merchant_id, order_no, case_id
select coalesce(retry_at, due_at), merchant_id, order_no, case_id
  from cases
 where due_at < '9999-01-01Z'
   and coalesce(retry_at, due_at) <= :now
   and (coalesce(retry_at, due_at), merchant_id, case_id) > (:after_due, :after_merchant, :after_case)
 order by coalesce(retry_at, due_at), merchant_id, case_id
 limit :page;

-- name: due_orders(now, after_due, after_merchant, after_order, page)
-- Orders that are themselves due, oldest first, behind a place in the queue.
-- out: due_at, merchant_id, order_no
select coalesce(retry_at, due_at), merchant_id, order_no
  from orders
 where due_at is not null
   and coalesce(retry_at, due_at) <= :now
   and (coalesce(retry_at, due_at), merchant_id, order_no) > (:after_due, :after_merchant, :after_order)
 order by coalesce(retry_at, due_at), merchant_id, order_no
 limit :page;

-- name: set_aside_cases(merchants, case_ids, now, retry_at)
-- Of these cases, those still due at an instant are looked at again later.
-- out: merchant_id, case_id of them
update cases c
   set retry_at = :retry_at
  from unnest(:merchants, :case_ids) as k (merchant_id, case_id)
 where c.merchant_id = k.merchant_id and c.case_id = k.case_id and coalesce(c.retry_at, c.due_at) <= :now
returning c.merchant_id, c.case_id;

-- name: set_aside_orders(merchants, order_nos, now, retry_at)
-- Of these orders, those still due at an instant are looked at again later.
-- out: merchant_id, order_no of them
update orders o
   set retry_at = :retry_at
  from unnest(:merchants, :order_nos) as k (merchant_id, order_no)
 where o.merchant_id = k.merchant_id and o.order_no = k.order_no and coalesce(o.retry_at, o.due_at) <= :now
returning o.merchant_id, o.order_no;

-- name: take_sweeping(lock)$
-- Whether this connection is the one sweeper now; the lock goes with the connection if it is lost.
select pg_try_advisory_lock(:lock);

-- name: leave_sweeping(lock)$
select pg_advisory_unlock(:lock);
