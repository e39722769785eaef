-- Taking files and words out of cases whose time is over. Run as the owner of the tables: the service's own role can
-- change no event.

-- name: finished(before, after_at, after_merchant, after_case, limit)
-- in: page behind a case, by closing
-- out: closed cases that are whole, with their orders and the oldest hold that stands
select c.merchant_id, c.case_id, c.order_no, c.closed_at, c.state, o.state, h.reason, h.placed_at
  from cases c
  join orders o on o.merchant_id = c.merchant_id and o.order_no = c.order_no
  left join lateral (select reason, placed_at from holds
                      where merchant_id = c.merchant_id and case_id = c.case_id and lifted_at is null
                      order by hold_no limit 1) h on true
 where c.closed_at < :before and c.erased_at is null
   and (c.closed_at, c.merchant_id, c.case_id) > (:after_at, :after_merchant, :after_case)
 order by c.closed_at, c.merchant_id, c.case_id
 limit :limit;

-- name: one(merchant_id, case_id)
-- out: as above, of one case, closed or not
select c.merchant_id, c.case_id, c.order_no, c.closed_at, c.state, o.state, h.reason, h.placed_at
  from cases c
  join orders o on o.merchant_id = c.merchant_id and o.order_no = c.order_no
  left join lateral (select reason, placed_at from holds
                      where merchant_id = c.merchant_id and case_id = c.case_id and lifted_at is null
                      order by hold_no limit 1) h on true
 where c.merchant_id = :merchant_id and c.case_id = :case_id and c.erased_at is null;

-- name: take(merchant_id, order_no)!
-- Commands on the order wait until this is over, and are then decided on what is left.
update heads set version = version + 1 where merchant_id = :merchant_id and order_no = :order_no;

-- name: lock(merchant_id, case_id)!
-- So that nobody puts a hold on it meanwhile.
select from cases where merchant_id = :merchant_id and case_id = :case_id for update;

-- name: still_due(merchant_id, case_id, closed_at)$
-- Whether the case is as it was when its time was reckoned, and nobody put a hold on it since.
select exists (select from cases
                where merchant_id = :merchant_id and case_id = :case_id and closed_at = :closed_at
                  and erased_at is null)
   and not exists (select from holds
                    where merchant_id = :merchant_id and case_id = :case_id and lifted_at is null);

-- name: payloads(merchant_id, case_id)
select seq, payload from events where merchant_id = :merchant_id and case_id = :case_id order by seq;

-- name: erase_event(merchant_id, case_id, seq, payload)!
update events set payload = :payload where merchant_id = :merchant_id and case_id = :case_id and seq = :seq;

-- name: erase_actors(merchant_id, case_id)!
update events set actor = 'buyer' where merchant_id = :merchant_id and case_id = :case_id and starts_with(actor, 'buyer/');

-- name: erase_case(merchant_id, case_id, state, now)!
-- Nobody's id is empty, so no buyer has the case any more.
update cases
   set state = :state, buyer_id = '', erased_at = :now
 where merchant_id = :merchant_id and case_id = :case_id;

-- name: whole_of_order(merchant_id, order_no)
-- Cases of the order that are whole still.
select state from cases where merchant_id = :merchant_id and order_no = :order_no and erased_at is null order by case_id;

-- name: order_now(merchant_id, order_no)$
-- It may have been told of since it was looked at.
select state from orders where merchant_id = :merchant_id and order_no = :order_no;

-- name: erase_order(merchant_id, order_no, state)!
update orders set state = :state, buyer_id = '' where merchant_id = :merchant_id and order_no = :order_no;

-- name: erase_words(merchant_id, order_no, words)!
update order_words set words = :words where merchant_id = :merchant_id and order_no = :order_no;

-- name: drop_outward_parcel(merchant_id, order_no)!
delete from parcels where merchant_id = :merchant_id and order_no = :order_no and case_id = 0;

-- name: drop_receipts_of_order(merchant_id, order_no)!
delete from receipts where merchant_id = :merchant_id and order_no = :order_no;

-- name: drop_messages_of_order(merchant_id, order_no)!
delete from outbox where merchant_id = :merchant_id and order_no = :order_no;

-- name: drop_receipts(merchant_id, case_id)!
delete from receipts where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_messages(merchant_id, case_id)!
delete from outbox where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_parcels(merchant_id, order_no, case_id)!
delete from parcels where merchant_id = :merchant_id and order_no = :order_no and case_id = :case_id;

-- name: drop_talk(merchant_id, case_id)!
delete from conversation_messages m
 using conversations c
 where c.merchant_id = :merchant_id and c.case_id = :case_id
   and m.merchant_id = c.merchant_id and m.conversation_id = c.conversation_id;

-- name: drop_conversations(merchant_id, case_id)!
delete from conversations where merchant_id = :merchant_id and case_id = :case_id;

-- name: hashes(merchant_id, case_id)
-- out: files that this case names and no case that is whole
select distinct e.sha256
  from evidence e
 where e.merchant_id = :merchant_id and e.case_id = :case_id and e.sha256 <> ''
   and not exists (select from evidence o
                     join cases c on c.merchant_id = o.merchant_id and c.case_id = o.case_id and c.erased_at is null
                    where o.merchant_id = e.merchant_id and o.sha256 = e.sha256 and o.case_id <> e.case_id)
 order by e.sha256;

-- name: guard(sha256)
-- As in `files.sql`: nobody begins to keep the same bytes meanwhile.
select pg_advisory_xact_lock(hashtextextended(:sha256, 1));

-- name: release_files(merchant_id, sha256, closed_at)
-- Nobody's any more: what `files.sql` calls left over. Not one that was uploaded after the case closed and waits for
-- another to be opened.
update files
   set owner = '', uploaded_by = '', name = '', case_id = null, facts = '{}', intent = null, is_filed = false,
       touched_at = to_timestamp(0)
 where merchant_id = :merchant_id and sha256 = :sha256 and (is_filed or touched_at <= :closed_at)
returning size_bytes;

-- name: released()
-- out: what a run that was killed left nobody's
select distinct sha256 from files where not is_filed and touched_at = to_timestamp(0) and owner = '' order by sha256;

-- name: drop_released(sha256)!
delete from files where sha256 = :sha256 and not is_filed and touched_at = to_timestamp(0) and owner = '';

-- name: drop_examinations(merchant_id, case_id)!
-- Text that was read in pictures goes with the pictures.
delete from examinations where merchant_id = :merchant_id and case_id = :case_id;

-- name: forget_files(merchant_id, case_id)!
-- The events still have the hashes; here they would bind whatever has the same bytes in the future.
update evidence set sha256 = '' where merchant_id = :merchant_id and case_id = :case_id;

-- name: drop_matches(merchant_id, case_id)!
-- In whichever of the two cases they stand.
delete from picture_matches
 where (merchant_id = :merchant_id and case_id = :case_id)
    or (other_merchant_id = :merchant_id and other_case_id = :case_id);

-- name: forget_leaf(sha256)!
-- The tree keeps the leaf's hash, so all heads and proofs hold; which file it was for nobody can tell any more.
delete from ledger_files where sha256 = :sha256;

-- name: others(sha256)$
-- Whether the bytes are anybody's still.
select exists (select from files where sha256 = :sha256 and owner <> '');

-- name: record(merchant_id, case_id, now, erased_by, because, kept_until, events, files, file_bytes)!
insert into erasures (merchant_id, case_id, erased_at, erased_by, because, kept_until, events, files, file_bytes)
values (:merchant_id, :case_id, :now, :erased_by, :because, :kept_until, :events, :files, :file_bytes);

-- name: erasures(since)
select merchant_id, case_id, erased_by, erased_at, because, kept_until, events, files, file_bytes
  from erasures
 where erased_at >= :since
 order by erased_at, merchant_id, case_id;

-- name: page_of_orders(before, after_at, after_merchant, after_order, limit)
-- in: page behind an order, by when it was first told of; an order was touched then or later
-- out: orders that may be over. Those that were erased are not in the index: they stay with their cases.
select seen_at, merchant_id, order_no
  from orders
 where buyer_id <> '' and seen_at < :before
   and (seen_at, merchant_id, order_no) > (:after_at, :after_merchant, :after_order)
 order by seen_at, merchant_id, order_no
 limit :limit;

-- name: count_orders(before)$
-- Orders that were never complained of and that nobody touched since.
select count(*)
  from orders o
 where o.buyer_id <> '' and o.seen_at < :before and o.updated_at < :before
   and not exists (select from cases c where c.merchant_id = o.merchant_id and c.order_no = o.order_no);

-- name: drop_orders(merchants, orders, before)$
-- Those of the keys that were never complained of and that nobody touched since.
with gone as (
    delete from orders o
     using unnest(:merchants::bigint[], :orders::text[]) as k (merchant_id, order_no)
     where o.merchant_id = k.merchant_id and o.order_no = k.order_no and o.updated_at < :before
       and not exists (select from cases c where c.merchant_id = o.merchant_id and c.order_no = o.order_no)
    returning o.merchant_id, o.order_no
), words as (
    delete from order_words w using gone g where w.merchant_id = g.merchant_id and w.order_no = g.order_no
), ways as (
    delete from parcels p using gone g where p.merchant_id = g.merchant_id and p.order_no = g.order_no
), receipts_gone as (
    delete from receipts r using gone g where r.merchant_id = g.merchant_id and r.order_no = g.order_no
), messages as (
    delete from outbox m using gone g where m.merchant_id = g.merchant_id and m.order_no = g.order_no
), numbers as (
    delete from heads h using gone g where h.merchant_id = g.merchant_id and h.order_no = g.order_no
)
select count(*) from gone;

-- name: of_buyer(buyer_id)
-- out: as `finished`, all of one buyer, closed or not
select c.merchant_id, c.case_id, c.order_no, c.closed_at, c.state, o.state, h.reason, h.placed_at
  from cases c
  join orders o on o.merchant_id = c.merchant_id and o.order_no = c.order_no
  left join lateral (select reason, placed_at from holds
                      where merchant_id = c.merchant_id and case_id = c.case_id and lifted_at is null
                      order by hold_no limit 1) h on true
 where c.buyer_id = :buyer_id and c.erased_at is null
 order by c.closed_at, c.merchant_id, c.case_id;

-- name: loose_of_buyer(buyer_id, asker, before)
-- What a buyer has beside cases. A talk about an order is after-sale information, which the law wants kept like it.
-- out: orders and talks that are over, those that are not, and the last change of these
with bought as (
    select updated_at as last_at, updated_at < :before as is_over
      from orders o
     where o.buyer_id = :buyer_id
       and not exists (select from cases c where c.merchant_id = o.merchant_id and c.order_no = o.order_no)
), asked as (
    select closed_at as last_at,
           closed_at is not null and (closed_at < :before or order_no is null) as is_over
      from conversations
     where asker = :asker and case_id is null
)
select (select count(*) from bought where is_over), (select count(*) from asked where is_over),
       (select count(*) from bought where not is_over), (select count(*) from asked where not is_over),
       (select max(last_at) from (table bought union all table asked) left_over where not is_over);

-- name: orders_over_of_buyer(buyer_id, before)
select merchant_id, order_no from orders where buyer_id = :buyer_id and updated_at < :before;

-- name: drop_talks_of_buyer(asker, before)!
with gone as (
    delete from conversations
     where asker = :asker and case_id is null and closed_at is not null and (closed_at < :before or order_no is null)
    returning merchant_id, conversation_id
)
delete from conversation_messages m
 using gone g
 where m.merchant_id = g.merchant_id and m.conversation_id = g.conversation_id;

-- name: drop_sign_ins_of_buyer(buyer_id, asker)!
-- Once nothing is left that the buyer could look at.
with nothing_left as (
    select where not exists (select from cases where buyer_id = :buyer_id)
             and not exists (select from orders where buyer_id = :buyer_id)
), passwords_gone as (
    delete from passwords where actor = :asker and exists (table nothing_left)
), links as (
    delete from hand_overs where actor = :asker and exists (table nothing_left)
)
delete from sessions where actor = :asker and exists (table nothing_left);

-- name: count_talks(before)$
-- Talks with the service about no case, or about one that was erased.
select count(*)
  from conversations t
  left join cases c on c.merchant_id = t.merchant_id and c.case_id = t.case_id
 where t.closed_at < :before and (t.case_id is null or c.erased_at is not null);

-- name: drop_talks(before)$
with gone as (
    delete from conversations t
     where t.closed_at < :before
       and (t.case_id is null
            or exists (select from cases c
                        where c.merchant_id = t.merchant_id and c.case_id = t.case_id and c.erased_at is not null))
    returning t.merchant_id, t.conversation_id
), said as (
    delete from conversation_messages m using gone g
     where m.merchant_id = g.merchant_id and m.conversation_id = g.conversation_id
)
select count(*) from gone;
