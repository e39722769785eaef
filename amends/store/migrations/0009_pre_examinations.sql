-- What was seen in pictures of evidence, and which are still to be looked at.

alter table evidence add column examine_after timestamptz default '-infinity'; -- null: was looked at; later: is lent

create index evidence_to_examine on evidence (examine_after) where examine_after is not null and sha256 <> '';

-- shapes and edges: marks of the picture and its views, the whole first (application/likeness.py); lines: text in it,
-- null where it was not read. The two columns of bands are what nearly the same pictures are found by.
create table examinations (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    evidence_id text        not null,
    sha256      text        not null,
    examined_at timestamptz not null,
    shapes      bigint[]    not null,
    edges       bigint[]    not null,
    whole_bands integer[]   not null,
    view_bands  integer[]   not null,
    lines       json,
    primary key (merchant_id, case_id, evidence_id)
);

create index examinations_of_whole on examinations using gin (whole_bands);
create index examinations_of_views on examinations using gin (view_bands);

grant select, insert, update, delete on examinations to amends_app;
