-- Sessions, passwords of staff and hand-over links. Instants are given: `now` is never the database's.

-- name: session(sha256, now)
-- out: sha256, actor, ends_at
select sha256, actor, ends_at from sessions where sha256 = :sha256 and ends_at > :now;

-- name: put_session(sha256, actor, ends_at)!
insert into sessions (sha256, actor, ends_at) values (:sha256, :actor, :ends_at);

-- name: forget_sessions(now)!
delete from sessions where ends_at <= :now;

-- name: end_session(sha256)!
delete from sessions where sha256 = :sha256;

-- name: end_sessions_of(actor)!
delete from sessions where actor = :actor;

-- name: password(actor)
-- out: actor, hashed, failures, failed_at
select actor, hashed, failures, failed_at from passwords where actor = :actor;

-- name: put_password(actor, hashed, failures, failed_at)!
insert into passwords (actor, hashed, failures, failed_at)
values (:actor, :hashed, :failures, :failed_at)
    on conflict (actor) do update
    set hashed = excluded.hashed, failures = excluded.failures, failed_at = excluded.failed_at;

-- name: count_try(actor, failures, now)!
-- Only one of several tries at once finds the count as it read it; the number of rows says which.
update passwords set failures = failures + 1, failed_at = :now where actor = :actor and failures = :failures;

-- name: put_hand_over(sha256, actor, goes_to, ends_at)!
insert into hand_overs (sha256, actor, goes_to, ends_at) values (:sha256, :actor, :goes_to, :ends_at);

-- name: forget_hand_overs(now)!
delete from hand_overs where ends_at <= :now;

-- name: take_hand_over(sha256, now)
-- Used up by being read.
-- out: sha256, actor, goes_to, ends_at
delete from hand_overs where sha256 = :sha256 and ends_at > :now returning sha256, actor, goes_to, ends_at;
