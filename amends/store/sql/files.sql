-- Uploads of evidence and the evidence that names them. A file is its owner's, so evidence of one side never leads to
-- a file that the other side sent, whatever hash it names.

-- name: guard(sha256)
-- Held to the end of the transaction: rows of a hash are added, and its bytes removed, one after the other.
select pg_advisory_xact_lock(hashtextextended(:sha256, 1));

-- name: add(merchant_id, file_id, owner, uploaded_by, case_id, name, size_bytes, received_bytes, state, sha256, media_type, facts, copies, intent, created_at, touched_at)!
insert into files (merchant_id, file_id, owner, uploaded_by, case_id, name, size_bytes, received_bytes, state, sha256,
                   media_type, facts, copies, intent, created_at, touched_at)
values (:merchant_id, :file_id, :owner, :uploaded_by, :case_id, :name, :size_bytes, :received_bytes, :state, :sha256,
        :media_type, :facts, :copies, :intent, :created_at, :touched_at);

-- name: row(merchant_id, file_id)
select merchant_id, file_id, owner, uploaded_by, name, size_bytes, state, created_at, touched_at, case_id,
       received_bytes, sha256, media_type, facts, copies, intent
  from files
 where merchant_id = :merchant_id and file_id = :file_id;

-- name: received(merchant_id, file_id, before_bytes, after_bytes, facts, now)!
update files
   set received_bytes = :after_bytes, facts = :facts, touched_at = :now
 where merchant_id = :merchant_id and file_id = :file_id and state = 'receiving' and received_bytes = :before_bytes;

-- name: settle(merchant_id, file_id, state, sha256, media_type, facts, copies, case_id, intent, now)!
update files
   set state = :state, sha256 = :sha256, media_type = :media_type, facts = :facts, copies = :copies,
       case_id = :case_id, intent = :intent, touched_at = :now
 where merchant_id = :merchant_id and file_id = :file_id;

-- name: count(merchant_id, owner, case_id, since)$
select count(*)
  from files
 where merchant_id = :merchant_id and owner = :owner and case_id is not distinct from :case_id
   and (case_id is not null or created_at > :since);

-- name: touch(merchant_id, owner, hashes, now)
-- out: the hashes that are kept for this owner
update files
   set touched_at = greatest(touched_at, :now)
 where merchant_id = :merchant_id and owner = :owner and sha256 = any(:hashes) and state = 'kept'
returning sha256;

-- name: filed(merchant_id, case_id, buyers, merchants, system)
-- in: whose files may stand behind evidence of each side
-- out: evidence with the newest file of that content, which is the same as any older one
select distinct on (e.evidence_id) e.evidence_id, e.side,
       f.merchant_id, f.file_id, f.owner, f.uploaded_by, f.name, f.size_bytes, f.state, f.created_at, f.touched_at, f.case_id,
       f.received_bytes, f.sha256, f.media_type, f.facts, f.copies, f.intent
  from evidence e
  join files f on f.merchant_id = e.merchant_id and f.sha256 = e.sha256 and f.state = 'kept'
              and f.owner = any(case e.side when 'buyer' then :buyers when 'merchant' then :merchants
                                           when 'system' then :system end)
 where e.merchant_id = :merchant_id and e.case_id = :case_id and e.sha256 <> ''
 order by e.evidence_id, f.file_id desc;

-- name: mark_filed(before)!
-- Uploads that evidence names are kept for as long as the case; the others stay to be removed. A fan-out.
update files f
   set is_filed = true
 where not f.is_filed and f.touched_at < :before and f.sha256 <> ''
   and exists (select from evidence e where e.merchant_id = f.merchant_id and e.sha256 = f.sha256);

-- name: left_over(before, limit)
-- A fan-out read, as is the one below.
select merchant_id, file_id, owner, uploaded_by, name, size_bytes, state, created_at, touched_at, case_id,
       received_bytes, sha256, media_type, facts, copies, intent
  from files
 where not is_filed and touched_at < :before
 order by touched_at
 limit :limit;

-- name: unfinished(before, limit)
select merchant_id, file_id, owner, uploaded_by, name, size_bytes, state, created_at, touched_at, case_id,
       received_bytes, sha256, media_type, facts, copies, intent
  from files
 where not is_filed and touched_at < :before and intent is not null and received_bytes = size_bytes
 order by touched_at
 limit :limit;

-- name: done(merchant_id, file_id)!
update files set intent = null where merchant_id = :merchant_id and file_id = :file_id;

-- name: remove(merchant_id, file_id, before)!
-- Unless somebody touched it meanwhile.
delete from files
 where merchant_id = :merchant_id and file_id = :file_id and not is_filed and touched_at < :before;

-- name: others(sha256)$
-- Whether any other row has these bytes: with whatever merchant, a fan-out read.
select exists (select from files where sha256 = :sha256);
