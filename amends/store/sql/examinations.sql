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
insert into examinations (merchant_id, case_id, evidence_id, sha256, examined_at, shapes, edges, whole_bands,
                          view_bands, lines)
select merchant_id, case_id, evidence_id, sha256, :examined_at, :shapes, :edges, :whole_bands, :view_bands, :lines
  from evidence
 where merchant_id = :merchant_id and case_id = :case_id and evidence_id = :evidence_id and sha256 = :sha256
   for share
on conflict (merchant_id, case_id, evidence_id) do update
   set sha256 = excluded.sha256, examined_at = excluded.examined_at, shapes = excluded.shapes, edges = excluded.edges,
       whole_bands = excluded.whole_bands, view_bands = excluded.view_bands, lines = excluded.lines;

-- name: done(merchant_id, case_id, evidence_id, sha256)!
update evidence set examine_after = null
 where merchant_id = :merchant_id and case_id = :case_id and evidence_id = :evidence_id and sha256 = :sha256;

-- name: of_case(merchant_id, case_id)
select x.evidence_id, x.sha256, x.examined_at, x.shapes, x.edges, x.lines
  from examinations x
  join evidence e using (merchant_id, case_id, evidence_id)
 where x.merchant_id = :merchant_id and x.case_id = :case_id and e.sha256 = x.sha256
 order by length(x.evidence_id), x.evidence_id;

-- name: same(merchant_id, case_id, limit)
-- The same files in other cases, up to so many of each piece, the oldest first.
select mine.evidence_id, o.merchant_id, o.case_id, o.evidence_id, o.side, o.kind, o.filed_at, null
  from evidence mine
 cross join lateral (select merchant_id, case_id, evidence_id, side, kind, filed_at
                       from evidence
                      where sha256 = mine.sha256 and sha256 <> ''
                        and (merchant_id, case_id) <> (mine.merchant_id, mine.case_id)
                      order by filed_at
                      limit :limit) o
 where mine.merchant_id = :merchant_id and mine.case_id = :case_id;

-- name: alike(merchant_id, case_id, limit)
-- Nearly the same pictures in other cases, up to so many of each piece, the nearest first.
select here, merchant_id, case_id, evidence_id, side, kind, filed_at, differing_bits
  from (select m.here, merchant_id, case_id, evidence_id, o.side, o.kind, o.filed_at, m.differing_bits,
               row_number() over (partition by m.here order by m.differing_bits, o.filed_at) as place
          from (select evidence_id as here, other_merchant_id as merchant_id, other_case_id as case_id,
                       other_evidence_id as evidence_id, differing_bits
                  from picture_matches
                 where merchant_id = :merchant_id and case_id = :case_id
                 union all
                select other_evidence_id, merchant_id, case_id, evidence_id, differing_bits
                  from picture_matches
                 where other_merchant_id = :merchant_id and other_case_id = :case_id) m
          join evidence o using (merchant_id, case_id, evidence_id)) found
 where place <= :limit
 order by here, place;

-- name: by_index()!
-- To the end of the transaction. Of arrays that overlap the planner expects that every row has some, and reads them all:
-- seconds instead of milliseconds. Only the two indexes of bands are left to it.
set local enable_seqscan = off;
set local enable_indexscan = off;

-- name: candidates(merchant_id, case_id, sha256, whole_probes, view_probes)
-- Other files in other cases whose picture may be nearly the same; one in thirty of all, to be compared mark by mark.
-- in: what to look for in the two indexes
select merchant_id, case_id, evidence_id, sha256, shapes, edges
  from examinations
 where (view_bands && :whole_probes or whole_bands && :view_probes)
   and (merchant_id, case_id) <> (:merchant_id, :case_id) and sha256 <> :sha256;

-- name: put_match(merchant_id, case_id, evidence_id, sha256, other_merchant_id, other_case_id, other_evidence_id, other_sha256, differing_bits)!
-- Both pieces are held until it is written, so that a case that is erased meanwhile takes it along.
insert into picture_matches (merchant_id, case_id, evidence_id, other_merchant_id, other_case_id, other_evidence_id,
                             differing_bits)
select one.merchant_id, one.case_id, one.evidence_id, two.merchant_id, two.case_id, two.evidence_id, :differing_bits
  from evidence one, evidence two
 where one.merchant_id = :merchant_id and one.case_id = :case_id and one.evidence_id = :evidence_id
   and two.merchant_id = :other_merchant_id and two.case_id = :other_case_id and two.evidence_id = :other_evidence_id
   and one.sha256 = :sha256 and two.sha256 = :other_sha256
   for share
on conflict (merchant_id, case_id, evidence_id, other_merchant_id, other_case_id, other_evidence_id)
   do update set differing_bits = excluded.differing_bits;
