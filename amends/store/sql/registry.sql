-- Merchants' settings, service keys and process numbers.

-- name: merchant(merchant_id)
select settings from merchants where merchant_id = :merchant_id;

-- name: put_merchant(merchant_id, settings, now)!
insert into merchants (merchant_id, settings, updated_at)
values (:merchant_id, :settings, :now)
    on conflict (merchant_id) do update set settings = excluded.settings, updated_at = excluded.updated_at;

-- name: service_key(sha256)
-- A revoked one is none.
select sha256, name, merchant_id, created_at from service_keys where sha256 = :sha256 and revoked_at is null;

-- name: service_keys(page)
-- out: all keys, the newest first, revoked ones too
select sha256, name, merchant_id, created_at, revoked_at, revoked_by
  from service_keys
 order by created_at desc, sha256
 limit :page;

-- name: service_keys_of(merchant_id, page)
-- out: the keys of one merchant, the newest first, revoked ones too
select sha256, name, merchant_id, created_at, revoked_at, revoked_by
  from service_keys
 where merchant_id = :merchant_id
 order by created_at desc, sha256
 limit :page;

-- name: revoke_service_key(key_id, by, now)
-- key_id: the first 16 hexadecimal digits of the hash.
-- out: its hash, if it stood
update service_keys
   set revoked_at = :now, revoked_by = :by
 where left(encode(sha256, 'hex'), 16) = :key_id and revoked_at is null
returning sha256;

-- name: put_service_key(sha256, name, merchant_id, created_at)!
insert into service_keys (sha256, name, merchant_id, created_at)
values (:sha256, :name, :merchant_id, :created_at)
    on conflict (sha256) do nothing;

-- name: next_node()$
-- A number that no other process has got since the last thousand or so.
select nextval('nodes');
