-- Copies the rows of a few patterns to many orders. A row of `seeds` says which order follows which pattern; the
-- pattern's numbers, wherever they stand in JSON, keys and names, are replaced by the order's own.

-- name: make_seeds#
create temporary table seeds (
    merchant_id bigint not null,
    order_no    text   not null,
    case_id     bigint not null,
    public_id   text   not null,
    p_merchant  text   not null,
    p_order     text   not null,
    p_case      text   not null,
    p_public    text   not null
);

-- name: make_own#
create function pg_temp.own(pattern text, s seeds) returns text language sql immutable as $$
    select replace(replace(replace(replace(pattern,
           s.p_public, s.public_id), s.p_case, s.case_id::text), s.p_order, s.order_no), s.p_merchant, s.merchant_id::text)
$$;

-- name: analyse_seeds#
analyze seeds;

-- name: merchants(pattern, first, last)!
insert into merchants (merchant_id, settings, updated_at)
select n, replace(m.settings::text, :pattern::text, n::text)::json, m.updated_at
  from merchants m, generate_series(:first::bigint, :last::bigint) as n
 where m.merchant_id = :pattern;

-- name: orders(pattern)!
insert into orders
select s.merchant_id, s.order_no, pg_temp.own(o.buyer_id, s), pg_temp.own(o.state::text, s)::json,
       o.seen_at, o.updated_at, o.due_at, o.retry_at, o.counted_at
  from seeds s
  join orders o on o.merchant_id = :pattern and o.order_no = s.p_order;

-- name: order_words(pattern)!
insert into order_words
select s.merchant_id, s.order_no, pg_temp.own(w.words, s)
  from seeds s
  join order_words w on w.merchant_id = :pattern and w.order_no = s.p_order;

-- name: heads(pattern)!
insert into heads
select s.merchant_id, s.order_no, h.version, h.refund_minor, h.compensation_minor, h.refundable_minor,
       h.compensation_cap_minor
  from seeds s
  join heads h on h.merchant_id = :pattern and h.order_no = s.p_order;

-- name: cases(pattern)!
insert into cases
select s.merchant_id, s.case_id, s.order_no, pg_temp.own(c.buyer_id, s), c.title, c.stage, c.kind, c.reason,
       c.amount_minor, c.assignee, c.version, c.chain, pg_temp.own(c.state::text, s)::json, c.opened_at, c.updated_at,
       c.closed_at, c.due_at, c.retry_at, c.auto_refunded_at, c.queues, c.ruled_at,
       c.queue, c.queue_at, c.desk_due_at
  from seeds s
  join cases c on c.merchant_id = :pattern and c.case_id::text = s.p_case;

-- name: events(pattern)!
insert into events
select s.merchant_id, s.case_id, e.seq, e.at, e.recorded_at, pg_temp.own(e.actor, s), e.tag,
       pg_temp.own(e.payload::text, s)::json, e.chain, row_number() over (partition by s.merchant_id)
  from seeds s
  join events e on e.merchant_id = :pattern and e.case_id::text = s.p_case;

-- name: feeds()!
insert into feeds
select merchant_id, max(feed_no)
  from events
 group by merchant_id
    on conflict do nothing;

-- name: endings(pattern)!
insert into endings
select s.merchant_id, s.case_id, e.kind, e.reason, e.category, e.ended_at, e.is_refunded, e.ruled_for
  from seeds s
  join endings e on e.merchant_id = :pattern and e.case_id::text = s.p_case;

-- name: evidence(pattern)!
insert into evidence
select s.merchant_id, s.case_id, e.evidence_id, e.side, e.kind, e.filed_at, e.sha256
  from seeds s
  join evidence e on e.merchant_id = :pattern and e.case_id::text = s.p_case;

-- name: parcels(pattern)!
insert into parcels
select s.merchant_id, s.order_no, case when p.case_id = 0 then 0 else s.case_id end, p.leg,
       pg_temp.own(p.tracking_no, s), p.carrier
  from seeds s
  join parcels p on p.merchant_id = :pattern and p.order_no = s.p_order;

-- name: outbox(pattern)!
insert into outbox (merchant_id, message_id, order_no, case_id, effect, due_at)
select s.merchant_id, s.case_id * 4 + row_number() over (partition by s.case_id), s.order_no, s.case_id,
       pg_temp.own(b.effect::text, s)::json, b.due_at
  from seeds s
  join outbox b on b.merchant_id = :pattern and b.order_no = s.p_order;

-- name: receipts(pattern)!
insert into receipts
select s.merchant_id, pg_temp.own(r.actor, s), pg_temp.own(r.key, s), r.input_hash, s.order_no,
       case when r.case_id is null then null else s.case_id end, r.first_seq, r.version, r.written_at
  from seeds s
  join receipts r on r.merchant_id = :pattern and r.order_no = s.p_order;

-- name: tidy#
vacuum analyze;
