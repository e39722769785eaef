-- Talks with a person of the service (R5.1).

-- name: add(merchant_id, conversation_id, asker, order_no, case_id, asked_at, text)!
-- A new conversation with its first message.
with added as (
    insert into conversations (merchant_id, conversation_id, asker, order_no, case_id, state, asked_at)
    values (:merchant_id, :conversation_id, :asker, :order_no, :case_id, 'waiting', :asked_at)
    returning merchant_id, conversation_id
)
insert into conversation_messages (merchant_id, conversation_id, seq, at, actor, text)
select merchant_id, conversation_id, 1, :asked_at, :asker, :text from added;

-- name: get(merchant_id, conversation_id)
-- out: as all conversations here, in the order of the fields of Conversation
select merchant_id, conversation_id, asker, asked_at, state, order_no, case_id, taken_by, taken_at, closed_at
  from conversations
 where merchant_id = :merchant_id and conversation_id = :conversation_id;

-- name: open_of(asker)
-- The newest that is not over, with whatever merchant: a fan-out read.
select merchant_id, conversation_id, asker, asked_at, state, order_no, case_id, taken_by, taken_at, closed_at
  from conversations
 where asker = :asker and state <> 'closed'
 order by asked_at desc
 limit 1;

-- name: of_asker(asker, page)
-- The newest first: a fan-out read.
select merchant_id, conversation_id, asker, asked_at, state, order_no, case_id, taken_by, taken_at, closed_at
  from conversations
 where asker = :asker
 order by asked_at desc, conversation_id desc
 limit :page;

-- name: inbox(staff, page)
-- What a person has taken, then what waits, the longest first, each with what was said last: a fan-out read.
select merchant_id, conversation_id, asker, asked_at, state, order_no, case_id, taken_by, taken_at, closed_at,
       last.seq, last.at, last.actor, last.text
  from conversations as c
 cross join lateral (
    select m.seq, m.at, m.actor, m.text
      from conversation_messages as m
     where m.merchant_id = c.merchant_id and m.conversation_id = c.conversation_id
     order by m.seq desc
     limit 1
 ) as last
 where state = 'waiting' or state = 'taken' and taken_by = :staff
 order by state = 'waiting', asked_at, merchant_id, conversation_id
 limit :page;

-- name: messages(merchant_id, conversation_id)
select seq, at, actor, text
  from conversation_messages
 where merchant_id = :merchant_id and conversation_id = :conversation_id
 order by seq;

-- name: hold(merchant_id, conversation_id)
-- Two who speak at once are written one behind the other.
select from conversations
 where merchant_id = :merchant_id and conversation_id = :conversation_id
   for no key update;

-- name: say(merchant_id, conversation_id, at, by, text)!
-- Comes after `hold`, in the same transaction.
insert into conversation_messages (merchant_id, conversation_id, seq, at, actor, text)
select :merchant_id, :conversation_id, coalesce(max(seq), 0) + 1, :at, :by, :text
  from conversation_messages
 where merchant_id = :merchant_id and conversation_id = :conversation_id;

-- name: take(merchant_id, conversation_id, staff, at)
-- out: a row, or none when it does not wait any more
update conversations
   set state = 'taken', taken_by = :staff, taken_at = :at
 where merchant_id = :merchant_id and conversation_id = :conversation_id and state = 'waiting'
returning conversation_id;

-- name: close(merchant_id, conversation_id, at)!
update conversations
   set state = 'closed', closed_at = :at
 where merchant_id = :merchant_id and conversation_id = :conversation_id and state <> 'closed';

-- name: ahead(merchant_id, conversation_id, asked_at)$
-- How many wait longer: a fan-out read.
select count(*)
  from conversations
 where state = 'waiting'
   and (asked_at, merchant_id, conversation_id) < (:asked_at, :merchant_id, :conversation_id);

-- name: taken_since(since)$
-- How many were taken since an instant: a fan-out read.
select count(*) from conversations where taken_at >= :since;
