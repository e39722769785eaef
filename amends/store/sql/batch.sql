-- The statements of a batch (DESIGN §1): one to read all that it needs, then lock, then write. Parameters are columns:
-- arrays of equal length, one element a row, of the type of the column they are named for. All statements are
-- prepared once and planned without looking at the values.

-- name: load(order_merchants, order_nos, case_merchants, case_ids)
-- Dockets of a batch: orders asked for by key, and the orders of cases asked for by number, each with all its cases.
-- out: one row an order; version 0 and state null where it is unknown; case columns in the order of opening
with asked as (
    select merchant_id, order_no
      from unnest(:order_merchants, :order_nos) as o (merchant_id, order_no)
     union
    select c.merchant_id, c.order_no
      from unnest(:case_merchants, :case_ids) as k (merchant_id, case_id)
      join cases c using (merchant_id, case_id)
)
select a.merchant_id, a.order_no, coalesce(h.version, 0), o.state, m.settings, c.case_ids, c.states, c.chains
  from asked a
  left join heads h using (merchant_id, order_no)
  left join orders o using (merchant_id, order_no)
  left join merchants m using (merchant_id)
  left join lateral (
        select array_agg(c.case_id order by c.case_id) as case_ids,
               array_agg(c.state order by c.case_id) as states,
               array_agg(c.chain order by c.case_id) as chains
          from cases c
         where c.merchant_id = a.merchant_id and c.order_no = a.order_no) c on true;

-- name: load_receipts(merchants, actors, keys)
-- First answers to the keys of a batch. Read after the dockets: a twin that is seen there is then seen here too.
-- out: receipts that exist
select r.merchant_id, r.actor, r.key, r.input_hash, r.order_no, r.case_id, r.first_seq, r.version
  from unnest(:merchants, :actors, :keys) as k (merchant_id, actor, key)
  join receipts r using (merchant_id, actor, key);

-- name: load_evidence(merchants, case_ids)
-- Evidence of the cases that are ruled on.
-- out: marks, in the order of filing within a case
select e.merchant_id, e.case_id, e.evidence_id, e.side, e.kind, e.filed_at
  from unnest(:merchants, :case_ids) as k (merchant_id, case_id)
  join evidence e using (merchant_id, case_id)
 order by e.merchant_id, e.case_id, e.filed_at, length(e.evidence_id), e.evidence_id;

-- name: load_auto_refunds(since, merchants, order_nos)
-- How many automatic refunds the buyers of orders had from their merchants (R3.9).
-- out: one row an order that exists
select o.merchant_id, o.order_no,
       (select count(*)
          from cases c
         where c.merchant_id = o.merchant_id and c.buyer_id = o.buyer_id and c.auto_refunded_at > :since)
  from unnest(:merchants, :order_nos) as k (merchant_id, order_no)
  join orders o using (merchant_id, order_no);

-- name: load_facts(merchants, case_ids, first_seqs, last_seqs)
-- Events of the cases whose first answers are given again.
-- out: place of the range, payload; in order
select k.place, e.payload
  from unnest(:merchants, :case_ids, :first_seqs, :last_seqs)
       with ordinality as k (merchant_id, case_id, first_seq, last_seq, place)
  join events e on e.merchant_id = k.merchant_id and e.case_id = k.case_id
                and e.seq between k.first_seq and k.last_seq
 order by k.place, e.seq;

-- name: begin()!
-- Read committed is enough: what was read is compared by version under the lock.
begin isolation level read committed;

-- name: commit()!
commit;

-- name: new_heads(merchants, order_nos)!
-- Heads for orders that had none, in order, before any head is locked.
insert into heads (merchant_id, order_no, version)
select merchant_id, order_no, 0
  from unnest(:merchants, :order_nos) as k (merchant_id, order_no)
 order by merchant_id, order_no
    on conflict do nothing;

-- name: lock_heads(merchants, order_nos)
-- Locks the heads of a batch, always in the same order, or two batches could wait for each other.
-- out: the versions under the lock
select h.merchant_id, h.order_no, h.version
  from unnest(:merchants, :order_nos) as k (merchant_id, order_no)
  join heads h using (merchant_id, order_no)
 order by h.merchant_id, h.order_no
   for no key update of h;

-- name: write_heads(merchants, order_nos, refunds, compensations, refundables, caps)!
-- One version up, and the money with its constraints.
update heads h
   set version = h.version + 1,
       refund_minor = k.refund,
       compensation_minor = k.compensation,
       refundable_minor = k.refundable,
       compensation_cap_minor = k.cap
  from unnest(:merchants, :order_nos, :refunds, :compensations, :refundables, :caps)
       as k (merchant_id, order_no, refund, compensation, refundable, cap)
 where h.merchant_id = k.merchant_id and h.order_no = k.order_no;

-- name: write_orders(merchants, order_nos, buyers, states, nows, dues, counted)!
-- Orders as they are now; what was set aside is due again.
insert into orders (merchant_id, order_no, buyer_id, state, seen_at, updated_at, due_at, counted_at)
select merchant_id, order_no, buyer_id, state, now, now, due_at, counted_at
  from unnest(:merchants, :order_nos, :buyers, :states, :nows, :dues, :counted)
       as k (merchant_id, order_no, buyer_id, state, now, due_at, counted_at)
    on conflict (merchant_id, order_no) do update
   set buyer_id = excluded.buyer_id,
       state = excluded.state,
       updated_at = excluded.updated_at,
       due_at = excluded.due_at,
       counted_at = excluded.counted_at,
       retry_at = null;

-- name: write_words(merchants, order_nos, words)!
-- Search text of orders for which it is new.
insert into order_words (merchant_id, order_no, words)
select * from unnest(:merchants, :order_nos, :words)
    on conflict (merchant_id, order_no) do update set words = excluded.words;

-- name: new_cases(merchants, case_ids, order_nos, buyers, titles, stages, kinds, reasons, amounts, assignees, versions, chains, states, opened, nows, closed, dues, auto_refunded, queues, ruled, desk_dues, shop_queues, shop_ats)!
-- Cases opened by a batch.
insert into cases (merchant_id, case_id, order_no, buyer_id, title, stage, kind, reason, amount_minor, assignee,
                   version, chain, state, opened_at, updated_at, closed_at, due_at, auto_refunded_at, queues,
                   ruled_at, desk_due_at, queue, queue_at)
select * from unnest(:merchants, :case_ids, :order_nos, :buyers, :titles, :stages, :kinds, :reasons, :amounts,
                     :assignees, :versions, :chains, :states, :opened, :nows, :closed, :dues, :auto_refunded,
                     :queues, :ruled, :desk_dues, :shop_queues, :shop_ats);

-- name: write_cases(merchants, case_ids, stages, kinds, reasons, amounts, assignees, versions, chains, states, nows, closed, dues, auto_refunded, queues, ruled, desk_dues, shop_queues, shop_ats)!
-- Cases changed by a batch; what was set aside is due again.
update cases c
   set stage = k.stage, kind = k.kind, reason = k.reason, amount_minor = k.amount_minor, assignee = k.assignee,
       version = k.version, chain = k.chain, state = k.state, updated_at = k.now, closed_at = k.closed_at,
       due_at = k.due_at, retry_at = null,
       auto_refunded_at = coalesce(k.auto_refunded_at, c.auto_refunded_at), queues = k.queues, ruled_at = k.ruled_at,
       desk_due_at = k.desk_due_at, queue = k.queue, queue_at = k.queue_at
  from unnest(:merchants, :case_ids, :stages, :kinds, :reasons, :amounts, :assignees, :versions, :chains, :states,
              :nows, :closed, :dues, :auto_refunded, :queues, :ruled, :desk_dues, :shop_queues, :shop_ats)
       as k (merchant_id, case_id, stage, kind, reason, amount_minor, assignee, version, chain, state, now,
             closed_at, due_at, auto_refunded_at, queues, ruled_at, desk_due_at, queue, queue_at)
 where c.merchant_id = k.merchant_id and c.case_id = k.case_id;

-- name: write_evidence(merchants, case_ids, evidence_ids, sides, kinds, filed, hashes)!
insert into evidence (merchant_id, case_id, evidence_id, side, kind, filed_at, sha256)
select * from unnest(:merchants, :case_ids, :evidence_ids, :sides, :kinds, :filed, :hashes);

-- name: write_parcels(merchants, order_nos, case_ids, legs, tracking_nos, carriers)!
-- A leg's newer number takes the place of the older one, whose scans concern nobody any more.
insert into parcels (merchant_id, order_no, case_id, leg, tracking_no, carrier)
select * from unnest(:merchants, :order_nos, :case_ids, :legs, :tracking_nos, :carriers)
    on conflict (merchant_id, order_no, case_id, leg) do update
   set tracking_no = excluded.tracking_no, carrier = excluded.carrier;

-- name: write_endings(merchants, case_ids, kinds, reasons, categories, ended, refunded, ruled_for)!
-- How cases ended; one that was opened again ends anew.
insert into endings (merchant_id, case_id, kind, reason, category, ended_at, is_refunded, ruled_for)
select merchant_id, case_id, kind, reason, category, ended_at, refunded = 'yes', ruled_for
  from unnest(:merchants, :case_ids, :kinds, :reasons, :categories, :ended, :refunded, :ruled_for)
       as k (merchant_id, case_id, kind, reason, category, ended_at, refunded, ruled_for)
    on conflict (merchant_id, case_id) do update
   set kind = excluded.kind, reason = excluded.reason, category = excluded.category, ended_at = excluded.ended_at,
       is_refunded = excluded.is_refunded, ruled_for = excluded.ruled_for;

-- name: write_outbox(merchants, message_ids, order_nos, case_ids, effects, dues)!
insert into outbox (merchant_id, message_id, order_no, case_id, effect, due_at)
select * from unnest(:merchants, :message_ids, :order_nos, :case_ids, :effects, :dues);

-- name: write_events(feed_merchants, feed_counts, merchants, case_ids, seqs, ats, nows, actors, tags, payloads, chains, backs)!
-- Events with their numbers in the merchants' feeds. A feed's row stays locked until the commit, so numbers become
-- visible in their order and without gaps; hence this comes as late as possible, and merchants in order.
-- feed_counts: how many events each of feed_merchants gets; backs: how many of its merchant's events in this batch
-- come after the row.
with taken as (
    insert into feeds as f (merchant_id, feed_no)
    select merchant_id, events
      from unnest(:feed_merchants, :feed_counts) as k (merchant_id, events)
     order by merchant_id
        on conflict (merchant_id) do update set feed_no = f.feed_no + excluded.feed_no
    returning merchant_id, feed_no
)
insert into events (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, feed_no)
select merchant_id, k.case_id, k.seq, k.at, k.recorded_at, k.actor, k.tag, k.payload, k.chain, t.feed_no - k.back
  from unnest(:merchants, :case_ids, :seqs, :ats, :nows, :actors, :tags, :payloads, :chains, :backs)
       as k (merchant_id, case_id, seq, at, recorded_at, actor, tag, payload, chain, back)
  join taken t using (merchant_id);

-- name: write_receipts(merchants, actors, keys, hashes, order_nos, case_ids, first_seqs, versions, nows)!
-- Last, and sorted. A key that is there already is a twin's that came first: receipts_pkey is violated, nothing of
-- the batch stands, and all of it is decided again.
insert into receipts (merchant_id, actor, key, input_hash, order_no, case_id, first_seq, version, written_at)
select * from unnest(:merchants, :actors, :keys, :hashes, :order_nos, :case_ids, :first_seqs, :versions, :nows)
       as k (merchant_id, actor, key, input_hash, order_no, case_id, first_seq, version, written_at)
 order by merchant_id, actor, key;
