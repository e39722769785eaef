-- Keys that were revoked stay on record; receipts and delivered messages are found by age, to be pruned.
alter table service_keys add column revoked_at timestamptz, add column revoked_by text;

create index receipts_by_age on receipts (written_at);
create index outbox_done on outbox (done_at) where done_at is not null;
