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

-- name: alike(merchant_id, case_id, sha256, shapes, edges, whole_probes, view_probes, most_apart, most_edges, limit)
-- Other files with nearly the same picture in other cases: the whole of one is near to a view of the other.
-- in: marks of the picture, the whole first, and what to look for in the indexes
select merchant_id, case_id, evidence_id, side, filed_at, differing
  from (select e.merchant_id, e.case_id, e.evidence_id, e.side, e.filed_at,
               (select min(bit_count((mine.shape # theirs.shape)::bit(64)))
                  from unnest(:shapes::bigint[], :edges::bigint[]) with ordinality mine(shape, edge, place)
                  cross join unnest(c.shapes, c.edges) with ordinality theirs(shape, edge, place)
                 where (mine.place = 1 or theirs.place = 1)
                   and bit_count((mine.shape # theirs.shape)::bit(64)) <= :most_apart
                   and bit_count((mine.edge # theirs.edge)::bit(64)) <= :most_edges) as differing
          from examinations c
          join evidence e on e.merchant_id = c.merchant_id and e.case_id = c.case_id and e.evidence_id = c.evidence_id
                         and e.sha256 = c.sha256
         where (c.view_bands && :whole_probes::integer[] or c.whole_bands && :view_probes::integer[])
           and (c.merchant_id, c.case_id) <> (:merchant_id, :case_id) and c.sha256 <> :sha256) near
 where differing is not null
 order by differing, filed_at
 limit :limit;
