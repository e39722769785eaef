-- Orders by when they were first told of, so that a daily look for those whose time is over reads only old ones. An
-- order's seen_at never changes, so scans still change rows in place. Orders that were erased have no buyer any more.
create index orders_by_age on orders (seen_at, merchant_id, order_no) where buyer_id <> '';
