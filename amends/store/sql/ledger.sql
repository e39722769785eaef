-- The ledger: whole subtrees of the tree, which leaf is whose, signed heads, keys. Only added to.

-- name: wait_for_growing(lock)
-- Held until the end of the transaction: one writer at a time.
select pg_advisory_xact_lock(:lock);

-- name: head()
-- The newest head with its stamp.
select h.size, h.root, h.at, h.note, s.reply
  from ledger_heads h
  left join ledger_stamps s using (size)
 order by h.size desc
 limit 1;

-- name: head_over(leaf)
-- The earliest head that has a leaf.
select h.size, h.root, h.at, h.note, s.reply
  from ledger_heads h
  left join ledger_stamps s using (size)
 where h.size > :leaf
 order by h.size
 limit 1;

-- name: stamped_head_over(leaf)
-- The earliest head that has a leaf and that an authority stamped.
select h.size, h.root, h.at, h.note, s.reply
  from ledger_stamps s
  join ledger_heads h using (size)
 where s.size > :leaf
 order by s.size
 limit 1;

-- name: heads_over(leaves)
-- The earliest heads that have each of the leaves.
select h.size, h.root, h.at, h.note, s.reply
  from ledger_heads h
  left join ledger_stamps s using (size)
 where h.size in (
       select (select min(size) from ledger_heads where size > l.leaf) from unnest(:leaves) as l (leaf))
 order by h.size;

-- name: head_of(size)
select h.size, h.root, h.at, h.note, s.reply
  from ledger_heads h
  left join ledger_stamps s using (size)
 where h.size = :size;

-- name: nodes(levels, places)
-- out: level, place, hash of the subtrees asked for
select n.level, n.place, n.hash
  from unnest(:levels, :places) as k (level, place)
  join ledger_nodes n on n.level = k.level::smallint and n.place = k.place;

-- name: pending(merchants, page)
-- What follows in the feeds of `merchants` merchants, at most `page` events each: a fan-out read.
-- out: one row a changed case, with the number up to which its merchant's feed is then entered; leaf where it is known
with behind as (
    select f.merchant_id, coalesce(m.feed_no, 0) as done,
           least(f.feed_no, coalesce(m.feed_no, 0) + :page) as upto
      from feeds f
      left join ledger_marks m using (merchant_id)
     where f.feed_no > coalesce(m.feed_no, 0)
     order by f.merchant_id
     limit :merchants
)
select b.merchant_id, b.upto, e.case_id, e.seq, e.chain, c.leaf
  from behind b
  cross join lateral (
        select distinct on (case_id) case_id, seq, chain
          from events
         where merchant_id = b.merchant_id and feed_no > b.done and feed_no <= b.upto
         order by case_id, seq desc) e
  left join ledger_cases c on c.merchant_id = b.merchant_id and c.case_id = e.case_id and c.seq = e.seq
 order by b.merchant_id, e.case_id;

-- name: pending_of(merchant_id, case_id)
-- The newest event of a case.
-- out: leaf where its chain is known
select e.seq, e.chain, c.leaf
  from events e
  left join ledger_cases c using (merchant_id, case_id, seq)
 where e.merchant_id = :merchant_id and e.case_id = :case_id
 order by e.seq desc
 limit 1;

-- name: new_files(merchants, case_ids)
-- Files of cases that are not in the ledger.
select distinct e.sha256
  from unnest(:merchants, :case_ids) as k (merchant_id, case_id)
  join evidence e using (merchant_id, case_id)
 where e.sha256 <> '' and not exists (select from ledger_files f where f.sha256 = e.sha256)
 order by e.sha256;

-- name: add_nodes(levels, places, hashes)!
insert into ledger_nodes (level, place, hash)
select level::smallint, place, hash from unnest(:levels, :places, :hashes) as n (level, place, hash);

-- name: add_cases(merchants, case_ids, seqs, chains, leaves)!
insert into ledger_cases (merchant_id, case_id, seq, chain, leaf)
select * from unnest(:merchants, :case_ids, :seqs, :chains, :leaves);

-- name: add_files(hashes, leaves)!
insert into ledger_files (sha256, leaf)
select * from unnest(:hashes, :leaves);

-- name: add_marks(merchants, feed_nos)!
insert into ledger_marks (merchant_id, feed_no)
select * from unnest(:merchants, :feed_nos)
    on conflict (merchant_id) do update set feed_no = excluded.feed_no;

-- name: add_head(size, root, at, note)!
insert into ledger_heads (size, root, at, note) values (:size, :root, :at, :note);

-- name: kept_of(merchant_id, case_id)
select seq, chain, leaf
  from ledger_cases
 where merchant_id = :merchant_id and case_id = :case_id
 order by seq;

-- name: files(hashes)
select sha256, leaf from ledger_files where sha256 = any(:hashes);

-- name: key_notes()
select note from ledger_keys order by number;

-- name: add_key(number, note)!
insert into ledger_keys (number, note) values (:number, :note) on conflict do nothing;

-- name: stamped_at()
select max(stamped_at) from ledger_stamps;

-- name: add_stamp(size, reply, at)!
insert into ledger_stamps (size, reply, stamped_at) values (:size, :reply, :at) on conflict do nothing;
