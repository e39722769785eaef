-- What was seen in pictures of evidence. Pictures are compared across all merchants: a fan-out.

-- name: due(now, until, limit)
-- Lends pieces of evidence with files to whoever asks first; a lease that ran out is lent again. A fan-out.
-- out: media_type empty where the file is not kept
update evidence e
   set examine_after = :until
  from (select merchant_id, case_id, evidence_id
          from evidence
         where examine_after is not null and sha256 <> '' and examine_after <= :now
         order by examine_after
         limit :limit
           for update skip locked) d
 where e.merchant_id = d.merchant_id and e.case_id = d.case_id and e.evidence_id = d.evidence_id
returning e.merchant_id, e.case_id, e.evidence_id, e.kind, e.sha256,
          coalesce((select f.media_type from files f
                     where f.merchant_id = e.merchant_id and f.sha256 = e.sha256 and f.state = 'kept' limit 1), '');

-- name: put(merchant_id, case_id, evidence_id, sha256, examined_at, shapes, edges, whole_bands, view_bands, lines)!
-- Nothing where the file was erased meanwhile.
with seen as (
    update evidence set examine_after = null
     where merchant_id = :merchant_id and case_id = :case_id and evidence_id = :evidence_id and sha256 = :sha256
    returning merchant_id, case_id, evidence_id, sha256)
insert into examinations (merchant_id, case_id, evidence_id, sha256, examined_at, shapes, edges, whole_bands,
                          view_bands, lines)
select merchant_id, case_id, evidence_id, sha256, :examined_at, :shapes, :edges, :whole_bands, :view_bands, :lines
  from seen
on conflict (merchant_id, case_id, evidence_id) do update
   set sha256 = excluded.sha256, examined_at = excluded.examined_at, shapes = excluded.shapes, edges = excluded.edges,
       whole_bands = excluded.whole_bands, view_bands = excluded.view_bands, lines = excluded.lines;

-- name: of_case(merchant_id, case_id)
select x.evidence_id, x.sha256, x.examined_at, x.shapes, x.edges, x.lines
  from examinations x
  join evidence e using (merchant_id, case_id, evidence_id)
 where x.merchant_id = :merchant_id and x.case_id = :case_id and e.sha256 = x.sha256
 order by length(x.evidence_id), x.evidence_id;

-- name: same(merchant_id, case_id, sha256, limit)
-- The same file in other cases.
select e.merchant_id, e.case_id, e.evidence_id, e.side, e.filed_at
  from evidence e
 where e.sha256 = :sha256 and e.sha256 <> '' and (e.merchant_id, e.case_id) <> (:merchant_id, :case_id)
 order by e.filed_at
 limit :limit;

-- name: by_index()!
-- To the end of the transaction. Of arrays that overlap the planner expects that every row has some, and reads them all:
-- seconds instead of milliseconds. Only the two indexes of bands are left to it.
set local enable_seqscan = off;
set local enable_indexscan = off;

-- name: alike(merchant_id, case_id, sha256, whole_probes, view_probes)
-- Other files in other cases whose picture may be nearly the same; one in thirty of all, to be compared mark by mark.
-- in: what to look for in the two indexes
select merchant_id, case_id, evidence_id, sha256, shapes, edges
  from examinations
 where (view_bands && :whole_probes or whole_bands && :view_probes)
   and (merchant_id, case_id) <> (:merchant_id, :case_id) and sha256 <> :sha256;

-- name: filed(merchant_id, case_id, evidence_id, sha256)
-- None where the file was erased.
select merchant_id, case_id, evidence_id, side, filed_at
  from evidence
 where merchant_id = :merchant_id and case_id = :case_id and evidence_id = :evidence_id and sha256 = :sha256;
