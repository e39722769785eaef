-- Effects on their way out. Read across all merchants, on purpose: any deliverer serves any merchant.

-- name: lease(now, leased_until, page)
-- Lends one deliverer the messages that have waited longest and hides them from the others until the lease ends.
-- out: merchant_id, message_id, order_no, case_id, effect, due_at, attempts with this one
update outbox o
   set leased_until = :leased_until, attempts = o.attempts + 1
  from (select merchant_id, message_id
          from outbox
         where done_at is null and dead_at is null and coalesce(leased_until, due_at) <= :now
         order by coalesce(leased_until, due_at), merchant_id, message_id
         limit :page
           for update skip locked) d
 where o.merchant_id = d.merchant_id and o.message_id = d.message_id
returning o.merchant_id, o.message_id, o.order_no, o.case_id, o.effect, o.due_at, o.attempts;

-- name: settle(merchants, message_ids, dones, retries, errors, answers, now)!
-- What became of leased messages: done (1), due again at its retry, or else dead.
update outbox o
   set done_at = case when k.done = 1 then :now::timestamptz end,
       dead_at = case when k.done = 0 and k.retry_at is null then :now::timestamptz end,
       due_at = coalesce(k.retry_at, o.due_at),
       leased_until = null,
       last_error = k.error,
       answer = k.answer
  from unnest(:merchants, :message_ids, :dones, :retries, :errors, :answers)
       as k (merchant_id, message_id, done, retry_at, error, answer)
 where o.merchant_id = k.merchant_id and o.message_id = k.message_id;

-- name: dead_letters(page)
-- The newest messages given up.
select merchant_id, message_id, order_no, case_id, effect, due_at, attempts, dead_at, last_error
  from outbox
 where dead_at is not null
 order by dead_at desc, merchant_id, message_id
 limit :page;

-- name: revive(merchant_id, message_id, now)
-- Makes a dead letter due again, with its attempts counted on: it may have been sent before.
-- out: its id, if there was one
update outbox
   set dead_at = null, due_at = :now
 where merchant_id = :merchant_id and message_id = :message_id and dead_at is not null
returning message_id;

-- name: prune_messages(before, page)
-- Forgets messages delivered before an instant, the oldest first; skips what another pruner holds.
-- out: their ids
with old as (
    select merchant_id, message_id from outbox
     where done_at < :before
     order by done_at
     limit :page
       for update skip locked)
delete from outbox o using old
 where o.merchant_id = old.merchant_id and o.message_id = old.message_id
returning o.message_id;

-- name: prune_receipts(before, page)
-- Forgets first answers written before an instant; a key used again after that is a new one.
-- out: their merchants
with old as (
    select merchant_id, actor, key from receipts
     where written_at < :before
     order by written_at
     limit :page
       for update skip locked)
delete from receipts r using old
 where r.merchant_id = old.merchant_id and r.actor = old.actor and r.key = old.key
returning r.merchant_id;

-- name: backlog(now)^
-- How much waits, since when, how much was given up, and how many cases are past their deadline.
select (select count(*) from outbox where done_at is null and dead_at is null and due_at <= :now),
       (select min(due_at) from outbox where done_at is null and dead_at is null and due_at <= :now),
       (select count(*) from outbox where dead_at is not null),
       (select count(*) from cases where due_at <= :now);
