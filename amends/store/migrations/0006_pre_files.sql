-- Uploads: what is known of each file, from its first byte on. The bytes are elsewhere, under their SHA-256.
create table files (
    merchant_id    bigint      not null,
    file_id        bigint      not null,
    owner          text        not null,      -- buyer/b42, merchant/1001 or platform: whose evidence it may become
    uploaded_by    text        not null,
    case_id        bigint,                    -- null: uploaded before the case was opened
    name           text        not null,
    size_bytes     bigint      not null,
    received_bytes bigint      not null,
    state          text        not null,
    sha256         text        not null,      -- empty until all of it is there
    media_type     text        not null,
    facts          json        not null,
    copies         json        not null,
    intent         json,                      -- what is to be filed, as long as it was not
    is_filed       boolean     not null default false, -- seen in evidence by the sweep: kept for as long as the case
    created_at     timestamptz not null,
    touched_at     timestamptz not null,
    primary key (merchant_id, file_id)
);

create index files_of_content on files (sha256) where sha256 <> '';
create index files_of_owner on files (merchant_id, owner, case_id);
create index files_not_filed on files (touched_at) where not is_filed;

grant select, insert, update, delete on files to amends_app;
