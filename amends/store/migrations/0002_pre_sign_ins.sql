-- People signed in. Small tables looked up by a secret's hash or an actor's name before any merchant is known,
-- so they are keyed by these and belong to no merchant's shard.

create table sessions (
    sha256  bytea       primary key,          -- of the secret in the cookie
    actor   text        not null,             -- merchant/1001/li
    ends_at timestamptz not null
);

create index sessions_ending on sessions (ends_at);
create index sessions_of_actor on sessions (actor);

create table passwords (
    actor     text        primary key,
    hashed    text        not null,           -- argon2, with its salt and figures
    failures  integer     not null default 0, -- wrong tries since the last right one
    failed_at timestamptz
);

create table hand_overs (
    sha256  bytea       primary key,          -- of the secret in the link
    actor   text        not null,
    goes_to text        not null,             -- a path of the pages
    ends_at timestamptz not null
);

create index hand_overs_ending on hand_overs (ends_at);

grant select, insert, update, delete on sessions, passwords, hand_overs to amends_app;
