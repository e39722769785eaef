-- Cases that must be kept whole. Run as the service's role, which can add a hold and lift it, and change nothing else.

-- name: is_erased(merchant_id, case_id)
-- out: whether nothing is left in a case; no row where there is no such case
select erased_at is not null from cases where merchant_id = :merchant_id and case_id = :case_id;

-- name: standing_for(merchant_id, case_id, reason)
-- out: the hold that stands on the case for that reason
select merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because
  from holds
 where merchant_id = :merchant_id and case_id = :case_id and reason = :reason and lifted_at is null
 order by hold_no
 limit 1;

-- name: place(merchant_id, case_id, reason, placed_by, now)
-- Waits while the case is being erased. Who placed one meanwhile took the number: then nothing is placed, to be asked
-- again. One statement, because a rollback would take the connection's prepared statements with it (flight.py).
-- out: the hold; none where one stands for that reason, the number was taken, or there is no case to keep
with whole as (
    select merchant_id, case_id
      from cases
     where merchant_id = :merchant_id and case_id = :case_id and erased_at is null
       for update
)
insert into holds (merchant_id, case_id, hold_no, reason, placed_by, placed_at)
select w.merchant_id, w.case_id,
       1 + coalesce((select max(hold_no) from holds where merchant_id = :merchant_id and case_id = :case_id), 0),
       :reason, :placed_by, :now
  from whole w
 where not exists (select from holds
                    where merchant_id = :merchant_id and case_id = :case_id and reason = :reason and lifted_at is null)
on conflict do nothing
returning merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because;

-- name: lift(merchant_id, case_id, hold_no, lifted_by, because, now)
-- out: the hold, if it stood
update holds
   set lifted_by = :lifted_by, lifted_because = :because, lifted_at = :now
 where merchant_id = :merchant_id and case_id = :case_id and hold_no = :hold_no and lifted_at is null
returning merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because;

-- name: one(merchant_id, case_id, hold_no)
select merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because
  from holds
 where merchant_id = :merchant_id and case_id = :case_id and hold_no = :hold_no;

-- name: of_case(merchant_id, case_id)
-- out: those that stand on a case, the oldest first
select merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because
  from holds
 where merchant_id = :merchant_id and case_id = :case_id and lifted_at is null
 order by hold_no;

-- name: listed(stands, at, merchant_id, case_id, hold_no, limit)
-- in: page behind a place
-- out: those that stand, then those that were lifted, the newest first. A fan-out read.
select merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because
  from holds
 where ((lifted_at is null), coalesce(lifted_at, placed_at), merchant_id, case_id, hold_no)
     < (:stands, :at, :merchant_id, :case_id, :hold_no)
 order by (lifted_at is null) desc, coalesce(lifted_at, placed_at) desc, merchant_id desc, case_id desc, hold_no desc
 limit :limit;

-- name: count_standing()$
select count(*) from holds where lifted_at is null;
