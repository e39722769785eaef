-- The ledger (DESIGN §5): a Merkle tree over the chains of cases and the hashes of files. One for the whole
-- marketplace, so that there is one head to publish; its tables belong to no merchant's shard.

-- Whole subtrees: (level, place) covers the leaves place * 2^level up to (place + 1) * 2^level.
create table ledger_nodes (
    level smallint not null,
    place bigint   not null,
    hash  bytea    not null,
    primary key (level, place)
);

-- Which leaf says that the chain of a case was so after its event seq.
create table ledger_cases (
    merchant_id bigint not null,
    case_id     bigint not null,
    seq         bigint not null,
    chain       bytea  not null,
    leaf        bigint not null unique,
    primary key (merchant_id, case_id, seq)
);

create table ledger_files (
    sha256 text   primary key,
    leaf   bigint not null unique
);

-- Signed heads, and how each signing key was introduced; both as the notes that are published.
create table ledger_heads (
    size bigint      primary key,
    root bytea       not null,
    at   timestamptz not null,
    note text        not null
);

create table ledger_keys (
    number integer primary key,
    note   text    not null
);

-- What a time-stamping authority answered for a head (RFC 3161), as it came.
create table ledger_stamps (
    size       bigint      primary key,
    reply      bytea       not null,
    stamped_at timestamptz not null
);

-- Up to which number of its feed a merchant's events are in the ledger.
create table ledger_marks (
    merchant_id bigint primary key,
    feed_no     bigint not null
) with (fillfactor = 50);

grant select, insert on ledger_nodes, ledger_cases, ledger_files, ledger_heads, ledger_keys, ledger_stamps
    to amends_app;
grant select, insert, update on ledger_marks to amends_app;
