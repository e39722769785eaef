-- One command as one transaction, statement by statement: what the store reads and writes for a command, in the form
-- that a program without batches would use. pgbench gets a script for each kind of command, put together of these.
-- `:n` numbers the order; what is not computed here (`:state`, `:event_1` …) is what the store wrote for such a command.

-- name: choose
\set n random(:first, :last)
\set merchant_id 1001 + :n * 7919 % 1000
\set order_no 2026100000000000 + :n
\set case_id :first_case + :n
\set counter :counter + 1
\set number :first_number + :counter * 128 + :client_id
\set key random(1, 9000000000000000000)

-- name: choose_new_order
\set counter :counter + 1
\set number :first_number + :counter * 128 + :client_id
\set merchant_id 1001 + :counter * 7919 % 1000
\set order_no 8000000000000000 + :counter * 128 + :client_id
\set key random(1, 9000000000000000000)

-- name: begin
begin;

-- name: new_head
insert into heads (merchant_id, order_no, version) values (:merchant_id, :order_no, 0) on conflict do nothing;

-- name: lock
select version from heads where merchant_id = :merchant_id and order_no = :order_no for no key update;

-- name: read
select o.state as order, m.settings, c.state, c.chain, c.version
  from merchants m
  left join orders o on o.merchant_id = m.merchant_id and o.order_no = :order_no
  left join lateral (
        select c.state, c.chain, c.version
          from cases c
         where c.merchant_id = m.merchant_id and c.order_no = :order_no
         order by c.case_id
         limit 1) c on true
 where m.merchant_id = :merchant_id
\gset read_

-- name: read_auto_refunds
select count(*)
  from cases
 where merchant_id = :merchant_id and buyer_id = 'b' || :order_no and auto_refunded_at > :now;

-- name: read_receipt
select input_hash, order_no, case_id, first_seq, version
  from receipts
 where merchant_id = :merchant_id and actor = :actor and key = rpad(:key::text, 32, '0');

-- name: new_case
\set case_id :number
\set read_version 0

-- name: head
update heads
   set version = version + 1, refund_minor = :refund, compensation_minor = :compensation,
       refundable_minor = :refundable, compensation_cap_minor = :cap
 where merchant_id = :merchant_id and order_no = :order_no;

-- name: order
insert into orders (merchant_id, order_no, buyer_id, state, seen_at, updated_at, due_at, counted_at)
values (:merchant_id, :order_no, 'b' || :order_no, :order, :now, :now, null, :now)
    on conflict (merchant_id, order_no) do update
   set buyer_id = excluded.buyer_id, state = excluded.state, updated_at = excluded.updated_at, due_at = excluded.due_at,
       retry_at = null, counted_at = excluded.counted_at;

-- name: words
insert into order_words (merchant_id, order_no, words)
values (:merchant_id, :order_no, replace(:words, :pattern_order_no, :order_no::text))
    on conflict (merchant_id, order_no) do update set words = excluded.words;

-- name: open_case
insert into cases (merchant_id, case_id, order_no, buyer_id, title, stage, kind, reason, amount_minor, assignee, version,
                   chain, state, opened_at, updated_at, closed_at, due_at, auto_refunded_at, queue, queue_at)
values (:merchant_id, :case_id, :order_no, 'b' || :order_no, :title, :stage, :kind, :reason, :amount, '', :events,
        :chain, :state, :now, :now, null, :due_at, null, :queue, :queue_at);

-- name: change_case
update cases
   set stage = :stage, kind = :kind, reason = :reason, amount_minor = :amount, assignee = '',
       version = version + :events, chain = :chain, state = :state, updated_at = :now, due_at = :due_at, retry_at = null,
       queue = :queue, queue_at = :queue_at
 where merchant_id = :merchant_id and case_id = :case_id;

-- name: close_case
update cases
   set stage = :stage, kind = :kind, reason = :reason, amount_minor = :amount, assignee = '',
       version = version + :events, chain = :chain, state = :state, updated_at = :now, closed_at = :now,
       due_at = :due_at, retry_at = null, queue = :queue, queue_at = :queue_at
 where merchant_id = :merchant_id and case_id = :case_id;

-- name: change_case_quietly
-- Its deadlines stay as they are.
update cases
   set stage = :stage, kind = :kind, reason = :reason, amount_minor = :amount, assignee = '',
       version = version + :events, chain = :chain, state = :state, updated_at = :now, retry_at = null
 where merchant_id = :merchant_id and case_id = :case_id;

-- name: evidence
insert into evidence (merchant_id, case_id, evidence_id, side, kind, filed_at, sha256)
values (:merchant_id, :case_id, 'e' || :number, :side, :evidence_kind, :now, :sha256);

-- name: parcel
insert into parcels (merchant_id, order_no, case_id, leg, tracking_no, carrier)
values (:merchant_id, :order_no, 0, :leg, 'YT' || :order_no, :carrier)
    on conflict (merchant_id, order_no, case_id, leg) do update
   set tracking_no = excluded.tracking_no, carrier = excluded.carrier;

-- name: ending
-- Nobody rules in the mix.
insert into endings (merchant_id, case_id, kind, reason, category, ended_at, is_refunded, ruled_for)
values (:merchant_id, :case_id, :kind, :reason, :category, :now, :is_refunded, '')
    on conflict (merchant_id, case_id) do update
   set kind = excluded.kind, reason = excluded.reason, category = excluded.category, ended_at = excluded.ended_at,
       is_refunded = excluded.is_refunded, ruled_for = excluded.ruled_for;

-- name: outbox
insert into outbox (merchant_id, message_id, order_no, case_id, effect, due_at)
values (:merchant_id, :number, :order_no, :case_id, :effect, :now);

-- name: events_1
with taken as (
    insert into feeds as f (merchant_id, feed_no) values (:merchant_id, 1)
        on conflict (merchant_id) do update set feed_no = f.feed_no + 1
    returning feed_no
)
insert into events (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, feed_no)
select :merchant_id::bigint, :case_id::bigint, :read_version::bigint + n, :now::timestamptz, :now::timestamptz, by, tag,
       event::json, hash::bytea, feed_no - 1 + n
  from taken, (values (1, :by_1, :tag_1, :event_1, :hash_1)) as e (n, by, tag, event, hash);

-- name: events_2
with taken as (
    insert into feeds as f (merchant_id, feed_no) values (:merchant_id, 2)
        on conflict (merchant_id) do update set feed_no = f.feed_no + 2
    returning feed_no
)
insert into events (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, feed_no)
select :merchant_id::bigint, :case_id::bigint, :read_version::bigint + n, :now::timestamptz, :now::timestamptz, by, tag,
       event::json, hash::bytea, feed_no - 2 + n
  from taken, (values (1, :by_1, :tag_1, :event_1, :hash_1), (2, :by_2, :tag_2, :event_2, :hash_2))
       as e (n, by, tag, event, hash);

-- name: events_3
with taken as (
    insert into feeds as f (merchant_id, feed_no) values (:merchant_id, 3)
        on conflict (merchant_id) do update set feed_no = f.feed_no + 3
    returning feed_no
)
insert into events (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, feed_no)
select :merchant_id::bigint, :case_id::bigint, :read_version::bigint + n, :now::timestamptz, :now::timestamptz, by, tag,
       event::json, hash::bytea, feed_no - 3 + n
  from taken, (values (1, :by_1, :tag_1, :event_1, :hash_1), (2, :by_2, :tag_2, :event_2, :hash_2),
                      (3, :by_3, :tag_3, :event_3, :hash_3))
       as e (n, by, tag, event, hash);

-- name: events_4
with taken as (
    insert into feeds as f (merchant_id, feed_no) values (:merchant_id, 4)
        on conflict (merchant_id) do update set feed_no = f.feed_no + 4
    returning feed_no
)
insert into events (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, feed_no)
select :merchant_id::bigint, :case_id::bigint, :read_version::bigint + n, :now::timestamptz, :now::timestamptz, by, tag,
       event::json, hash::bytea, feed_no - 4 + n
  from taken, (values (1, :by_1, :tag_1, :event_1, :hash_1), (2, :by_2, :tag_2, :event_2, :hash_2),
                      (3, :by_3, :tag_3, :event_3, :hash_3), (4, :by_4, :tag_4, :event_4, :hash_4))
       as e (n, by, tag, event, hash);

-- name: receipt
insert into receipts (merchant_id, actor, key, input_hash, order_no, case_id, first_seq, version, written_at)
values (:merchant_id, :actor, rpad(:key::text, 32, '0'), :chain, :order_no, :case_id, :read_version::bigint + 1,
        :read_version::bigint + :events, :now);

-- name: order_receipt
insert into receipts (merchant_id, actor, key, input_hash, order_no, case_id, first_seq, version, written_at)
values (:merchant_id, :actor, rpad(:key::text, 32, '0'), '\x00', :order_no, null, 1, 0, :now);

-- name: commit
commit;
