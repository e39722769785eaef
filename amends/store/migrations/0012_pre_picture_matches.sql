-- Pictures of different cases that are nearly the same, found once, when the later of the two was looked at. A pair is one
-- row and is read from either side; the case with the smaller number stands first.
create table picture_matches (
    merchant_id       bigint   not null,
    case_id           bigint   not null,
    evidence_id       text     not null,
    other_merchant_id bigint   not null,
    other_case_id     bigint   not null,
    other_evidence_id text     not null,
    differing_bits    smallint not null,
    primary key (merchant_id, case_id, evidence_id, other_merchant_id, other_case_id, other_evidence_id),
    constraint a_pair_stands_once check ((merchant_id, case_id) < (other_merchant_id, other_case_id))
);

create index picture_matches_of_other on picture_matches (other_merchant_id, other_case_id);

grant select, insert, update, delete on picture_matches to amends_app;

-- What was looked at before is looked at once more: its pairs were never written down.
update evidence e
   set examine_after = '-infinity'
  from examinations x
 where (e.merchant_id, e.case_id, e.evidence_id) = (x.merchant_id, x.case_id, x.evidence_id) and x.shapes <> '{}';
