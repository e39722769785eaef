-- Every table has merchant_id first in its key, so that all of a merchant can live on one machine (DESIGN §2).
-- Amounts are minor units of the order's currency. JSON is kept as the text that was written: hashes run over it.

create extension if not exists pg_trgm;

create table merchants (
    merchant_id bigint      primary key,
    settings    json        not null,
    updated_at  timestamptz not null
);

create table service_keys (
    sha256      bytea       primary key,
    name        text        not null,
    merchant_id bigint,                       -- null: acts for all merchants
    created_at  timestamptz not null,
    revoked_at  timestamptz,                  -- admits nobody since
    revoked_by  text
);

-- Mirror of the shop's order. due_at: when silence moves the order itself; retry_at: set aside by the sweep until then.
create table orders (
    merchant_id bigint      not null,
    order_no    text        not null,
    buyer_id    text        not null,
    state       json        not null,
    seen_at     timestamptz not null,
    updated_at  timestamptz not null,
    due_at      timestamptz,
    retry_at    timestamptz,
    counted_at  timestamptz,                  -- from when it counts in the shop's figures
    primary key (merchant_id, order_no)
) with (fillfactor = 80, toast_tuple_target = 8160);

create index orders_of_buyer on orders (buyer_id, seen_at desc, merchant_id, order_no);
create index orders_by_age on orders (seen_at, merchant_id, order_no) where buyer_id <> '';
create index orders_counted on orders (merchant_id, counted_at) where counted_at is not null;
create index orders_due on orders (coalesce(retry_at, due_at), merchant_id, order_no) where due_at is not null;

-- What orders and their cases are found by; apart from orders, because scans change those all day.
create table order_words (
    merchant_id bigint not null,
    order_no    text   not null,
    words       text   not null,
    primary key (merchant_id, order_no)
);

create index order_words_alike on order_words using gin (words gin_trgm_ops);

-- The unit of concurrency: every change of an order or of one of its cases counts version up by one.
-- The sums are promised, paying and paid over all cases of the order.
create table heads (
    merchant_id            bigint not null,
    order_no               text   not null,
    version                bigint not null,
    refund_minor           bigint not null default 0,
    compensation_minor     bigint not null default 0,
    refundable_minor       bigint not null default 0,
    compensation_cap_minor bigint not null default 0,
    primary key (merchant_id, order_no),
    constraint refunds_stay_within_what_was_paid check (refund_minor between 0 and refundable_minor),
    constraint compensation_stays_within_its_cap check (compensation_minor between 0 and compensation_cap_minor)
) with (fillfactor = 50);

-- Snapshot of a case; the columns beside state are derived from it. chain: hash over all its events.
-- due_at: the next deadline, 9999-01-01 when none runs, so that lists sort by it; retry_at: as for orders.
create table cases (
    merchant_id      bigint      not null,
    case_id          bigint      not null,
    order_no         text        not null,
    buyer_id         text        not null,
    title            text        not null,
    stage            text        not null,
    kind             text        not null,
    reason           text        not null,
    amount_minor     bigint      not null,
    assignee         text        not null,
    version          bigint      not null,
    chain            bytea       not null,
    state            json        not null,
    opened_at        timestamptz not null,
    updated_at       timestamptz not null,
    closed_at        timestamptz,
    due_at           timestamptz not null,
    retry_at         timestamptz,
    auto_refunded_at timestamptz,
    queues           text        not null default '',  -- of the platform's desk, by name, with spaces between
    ruled_at         timestamptz,
    queue            text        not null default '',  -- of the shop, by name
    queue_at         timestamptz not null default '9999-01-01Z',  -- what the queue is sorted by
    desk_due_at      timestamptz not null default '9999-01-01Z',  -- by when the platform has to act, on its desk
    erased_at        timestamptz,             -- when files and words of persons were taken out
    primary key (merchant_id, case_id)
) with (fillfactor = 70, toast_tuple_target = 8160);

create index cases_of_order on cases (merchant_id, order_no, case_id);
create index cases_of_buyer on cases (buyer_id, case_id);
create index cases_newest on cases (case_id);
create index cases_of_merchant_by_due on cases (merchant_id, due_at, case_id) include (stage);
create index cases_under_review on cases (due_at, merchant_id, case_id) where stage = 'under_review';
create index cases_due on cases (coalesce(retry_at, due_at), merchant_id, case_id) where due_at < '9999-01-01Z';
create index cases_on_desk on cases (desk_due_at, merchant_id, case_id) include (queues, assignee) where queues <> '';
create index cases_on_desk_by_amount on cases ((-amount_minor), merchant_id, case_id) where queues <> '';
create index cases_ruled_alike on cases (reason, kind, ruled_at desc) where ruled_at is not null;
create index cases_ruled_lately on cases (ruled_at) where ruled_at is not null;
create index cases_of_shop_by_time on cases (merchant_id, queue, queue_at, case_id);
create index cases_of_shop_by_amount on cases (merchant_id, queue, amount_minor, case_id);
create index cases_to_erase on cases (closed_at, merchant_id, case_id) where closed_at is not null and erased_at is null;
create index cases_paid_unasked on cases (merchant_id, buyer_id, auto_refunded_at) where auto_refunded_at is not null;

-- The record. feed_no numbers a merchant's events without gaps, in the order in which they became visible.
create table events (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    seq         bigint      not null,
    at          timestamptz not null,
    recorded_at timestamptz not null,
    actor       text        not null,
    tag         text        not null,
    payload     json        not null,
    chain       bytea       not null,
    feed_no     bigint      not null,
    primary key (merchant_id, case_id, seq)
) with (toast_tuple_target = 8160);

create unique index events_in_feed_order on events (merchant_id, feed_no);
create index events_of_interventions on events (merchant_id, at) include (case_id) where tag = 'intervention_requested';

create table feeds (
    merchant_id bigint primary key,
    feed_no     bigint not null
) with (fillfactor = 50);

create table evidence (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    evidence_id text        not null,
    side        text        not null,
    kind        text        not null,
    filed_at    timestamptz not null,
    sha256      text        not null,         -- of the file; empty where only a description was filed
    examine_after timestamptz default '-infinity', -- null: was looked at; later: is lent
    primary key (merchant_id, case_id, evidence_id)
);

create index evidence_same_file on evidence (sha256) where sha256 <> '';
create index evidence_to_examine on evidence (examine_after) where examine_after is not null and sha256 <> '';

-- Whose parcel it is: the latest number of each leg. case_id is 0 for the order's own outward parcel.
create table parcels (
    merchant_id bigint not null,
    order_no    text   not null,
    case_id     bigint not null,
    leg         text   not null,
    tracking_no text   not null,
    carrier     text   not null,
    primary key (merchant_id, order_no, case_id, leg)
);

create index parcels_by_number on parcels (tracking_no);

-- The first answer to a key: the events first_seq..version of the case.
create table receipts (
    merchant_id bigint      not null,
    actor       text        not null,
    key         text        not null,
    input_hash  bytea       not null,
    order_no    text        not null,
    case_id     bigint,
    first_seq   bigint      not null,
    version     bigint      not null,
    written_at  timestamptz not null,
    primary key (merchant_id, actor, key)
);

create index receipts_by_age on receipts (written_at);

-- Effects to deliver. A leased message is due again at leased_until: its deliverer died.
create table outbox (
    merchant_id  bigint      not null,
    message_id   bigint      not null,
    order_no     text        not null,
    case_id      bigint,
    effect       json        not null,
    due_at       timestamptz not null,
    attempts     integer     not null default 0,
    leased_until timestamptz,
    done_at      timestamptz,
    dead_at      timestamptz,
    last_error   text        not null default '',
    answer       text        not null default '',
    primary key (merchant_id, message_id)
) with (fillfactor = 70);

create index outbox_due on outbox (coalesce(leased_until, due_at), merchant_id, message_id)
    where done_at is null and dead_at is null;
create index outbox_dead on outbox (dead_at, merchant_id, message_id) where dead_at is not null;
create index outbox_done on outbox (done_at) where done_at is not null;

-- Talks with a person of the platform's service (R5.1). Platform-wide ones have merchant_id 0.
create table conversations (
    merchant_id     bigint      not null,
    conversation_id bigint      not null,
    asker           text        not null,     -- the actor's name, buyer/b42
    order_no        text,
    case_id         bigint,
    state           text        not null,     -- waiting, taken, closed
    taken_by        text        not null default '',
    asked_at        timestamptz not null,
    taken_at        timestamptz,
    closed_at       timestamptz,
    primary key (merchant_id, conversation_id)
);

create index conversations_waiting on conversations (asked_at, merchant_id, conversation_id) where state = 'waiting';
create index conversations_of_asker on conversations (asker, asked_at desc);

create table conversation_messages (
    merchant_id     bigint      not null,
    conversation_id bigint      not null,
    seq             bigint      not null,
    at              timestamptz not null,
    actor           text        not null,
    text            text        not null,
    primary key (merchant_id, conversation_id, seq)
);

-- Numbers for processes, so that ids made by two of them at once differ.
create sequence nodes;

-- The service's own role. It can write down events but never change or remove them.
do $$
begin
    if not exists (select from pg_roles where rolname = 'amends_app') then
        create role amends_app nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;  -- another database of this server was quicker
end
$$;

grant amends_app to current_user;
grant usage on schema public to amends_app;
grant select, insert, update, delete on
    merchants, service_keys, orders, order_words, heads, cases, feeds, evidence, parcels, receipts, outbox,
    conversations, conversation_messages to amends_app;
grant select, insert on events to amends_app;
grant usage on sequence nodes to amends_app;

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

-- Texts that a shop's people send with one click.
create table quick_texts (
    merchant_id bigint not null,
    text_id     text   not null,
    title       text   not null,
    text        text   not null,
    primary key (merchant_id, text_id)
);

-- Who of the shop has a case open, by the machine's clock. Worth nothing after a crash.
create unlogged table viewers (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    staff       text        not null,
    seen_at     timestamptz not null,
    primary key (merchant_id, case_id, staff)
);

grant select, insert, update, delete on quick_texts, viewers to amends_app;

-- Uploads: what is known of each file, from its first byte on. The bytes are elsewhere, under their SHA-256.
create table files (
    merchant_id    bigint      not null,
    file_id        bigint      not null,
    owner          text        not null,      -- buyer/b42, merchant/1001 or platform: whose evidence it may become
    uploaded_by    text        not null,
    case_id        bigint,                    -- null: uploaded before the case was opened
    name           text        not null,
    size_bytes     bigint      not null,
    received_bytes bigint      not null,
    state          text        not null,
    sha256         text        not null,      -- empty until all of it is there
    media_type     text        not null,
    facts          json        not null,
    copies         json        not null,
    intent         json,                      -- what is to be filed, as long as it was not
    is_filed       boolean     not null default false, -- seen in evidence by the sweep: kept for as long as the case
    created_at     timestamptz not null,
    touched_at     timestamptz not null,
    primary key (merchant_id, file_id)
);

create index files_of_content on files (sha256) where sha256 <> '';
create index files_of_owner on files (merchant_id, owner, case_id);
create index files_not_filed on files (touched_at) where not is_filed;

grant select, insert, update, delete on files to amends_app;

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

-- The list has those that stand first, and of either sort the newest.
create index holds_as_listed
    on holds ((lifted_at is null), (coalesce(lifted_at, placed_at)), merchant_id, case_id, hold_no);

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

grant select, insert on holds to amends_app;
grant update (lifted_by, lifted_at, lifted_because) on holds to amends_app;
grant select, insert on erasures to amends_app;

-- shapes and edges: marks of the picture and its views, the whole first (application/likeness.py); lines: text in it,
-- null where it was not read. The two columns of bands are what nearly the same pictures are found by.
create table examinations (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    evidence_id text        not null,
    sha256      text        not null,
    examined_at timestamptz not null,
    shapes      bigint[]    not null,
    edges       bigint[]    not null,
    whole_bands integer[]   not null,
    view_bands  integer[]   not null,
    lines       json,
    primary key (merchant_id, case_id, evidence_id)
);

create index examinations_of_whole on examinations using gin (whole_bands);
create index examinations_of_views on examinations using gin (view_bands);

grant select, insert, update, delete on examinations to amends_app;

-- How each finished case ended, apart from the cases so that it is counted from an index alone (R3.9).
create table endings (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    kind        text        not null,
    reason      text        not null,
    category    text        not null,         -- of the goods of its first line
    ended_at    timestamptz not null,
    is_refunded boolean     not null,
    ruled_for   text        not null,         -- buyer, merchant; empty where the platform did not rule
    primary key (merchant_id, case_id)
);

create index endings_of_shop on endings (merchant_id, kind, reason, category, ended_at) include (is_refunded, ruled_for);
create index endings_alike on endings (kind, reason, category, ended_at) include (merchant_id, is_refunded, ruled_for);

grant select, insert, update on endings to amends_app;

-- Pictures of different cases that are nearly the same, found once, when the later of the two was looked at. A pair is one
-- row and is read from either side; the case with the smaller number stands first.
create table picture_matches (
    merchant_id       bigint   not null,
    case_id           bigint   not null,
    evidence_id       text     not null,
    other_merchant_id bigint   not null,
    other_case_id     bigint   not null,
    other_evidence_id text     not null,
    differing_bits    smallint not null,
    primary key (merchant_id, case_id, evidence_id, other_merchant_id, other_case_id, other_evidence_id),
    constraint a_pair_stands_once check ((merchant_id, case_id) < (other_merchant_id, other_case_id))
);

create index picture_matches_of_other on picture_matches (other_merchant_id, other_case_id);

grant select, insert, update, delete on picture_matches to amends_app;
