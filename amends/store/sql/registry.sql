-- Merchants' settings, service keys and process numbers.

-- name: merchant(merchant_id)
select settings from merchants where merchant_id = :merchant_id;

-- name: put_merchant(merchant_id, settings, now)!
insert into merchants (merchant_id, settings, updated_at)
values (:merchant_id, :settings, :now)
    on conflict (merchant_id) do update set settings = excluded.settings, updated_at = excluded.updated_at;

-- name: service_key(sha256)
select sha256, name, merchant_id, created_at from service_keys where sha256 = :sha256;

-- name: put_service_key(sha256, name, merchant_id, created_at)!
insert into service_keys (sha256, name, merchant_id, created_at)
values (:sha256, :name, :merchant_id, :created_at)
    on conflict (sha256) do nothing;

-- name: next_node()$
-- A number that no other process has got since the last thousand or so.
select nextval('nodes');
