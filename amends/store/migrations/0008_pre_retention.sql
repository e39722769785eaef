-- Records whose time is over: which cases were erased, what was taken from each, and which must be kept all the same.
alter table cases add column erased_at timestamptz;

create index cases_to_erase on cases (closed_at, merchant_id, case_id) where closed_at is not null and erased_at is null;

-- A case that a court or the police wants kept. Nothing in it goes while one holds; lifted ones stay on record.
create table holds (
    merchant_id    bigint      not null,
    case_id        bigint      not null,
    hold_no        integer     not null,      -- counted in the case, from 1
    reason         text        not null,
    placed_by      text        not null,
    placed_at      timestamptz not null,
    lifted_by      text,
    lifted_at      timestamptz,
    lifted_because text,
    primary key (merchant_id, case_id, hold_no)
);

create index holds_that_stand on holds (placed_at) where lifted_at is null;

-- What the job took from each case, and by what right.
create table erasures (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    erased_at   timestamptz not null,
    erased_by   text        not null,
    because     text        not null,
    kept_until  timestamptz not null,
    events      integer     not null,         -- that said something of a person
    files       integer     not null,
    file_bytes  bigint      not null,
    primary key (merchant_id, case_id)
);

grant select, insert, update on holds to amends_app;
grant select, insert on erasures to amends_app;
