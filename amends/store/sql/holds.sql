-- Cases that must be kept whole. Run as the service's role, which can add a hold and lift it, and change nothing else.

-- name: lock_case(merchant_id, case_id)
-- Holds on one case are placed one after the other, and not while the case is being erased.
-- out: whether nothing is left in it; no row where there is no such case
select erased_at is not null from cases where merchant_id = :merchant_id and case_id = :case_id for update;

-- name: standing_for(merchant_id, case_id, reason)
-- out: the hold that stands on the case for that reason
select merchant_id, case_id, hold_no, reason, placed_by, placed_at, lifted_by, lifted_at, lifted_because
  from holds
 where merchant_id = :merchant_id and case_id = :case_id and reason = :reason and lifted_at is null
 order by hold_no
 limit 1;

-- name: place(merchant_id, case_id, reason, placed_by, now)
-- in: a case whose row is locked, so that no other hold takes the same number
insert into holds (merchant_id, case_id, hold_no, reason, placed_by, placed_at)
select :merchant_id, :case_id,
       1 + coalesce((select max(hold_no) from holds where merchant_id = :merchant_id and case_id = :case_id), 0),
       :reason, :placed_by, :now
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
