-- The shop's workbench: queues of its cases, the orders that its figures count, quick texts, who has a case open.

alter table cases
    add column queue    text        not null default '',
    add column queue_at timestamptz not null default '9999-01-01Z';

-- What was open is sorted in by the next deadline until it changes for the first time.
update cases
   set queue = case when stage = 'closed' then 'finished'
                    when stage = 'under_review' then 'review'
                    when stage = 'awaiting_merchant' and state -> 'talk' ->> 'merchant_wrote_at' is null then 'answer'
                    when stage = 'awaiting_merchant' then 'negotiating'
                    when stage = 'in_motion' and state ->> 'goods' = 'return_delivered' then 'check'
                    when stage = 'in_motion' and state ->> 'goods' in ('replacement_due', 'ship_back_due', 'in_repair')
                    then 'ship'
                    else 'waiting' end,
       queue_at = coalesce(closed_at, due_at);

create index cases_of_shop_by_time on cases (merchant_id, queue, queue_at, case_id);
create index cases_of_shop_by_amount on cases (merchant_id, queue, amount_minor, case_id);

alter table orders add column counted_at timestamptz;

update orders
   set counted_at = case when state ->> 'group' is null then state ->> 'paid_at'
                         else state -> 'group' ->> 'grouped_at' end::timestamptz;

create index orders_counted on orders (merchant_id, counted_at) where counted_at is not null;

create index events_of_interventions on events (merchant_id, at) include (case_id) where tag = 'intervention_requested';

-- Texts that a shop's people send with one click.
create table quick_texts (
    merchant_id bigint not null,
    text_id     text   not null,
    title       text   not null,
    text        text   not null,
    primary key (merchant_id, text_id)
);

-- Who of the shop has a case open, by the machine's clock. Worth nothing after a crash.
create unlogged table viewers (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    staff       text        not null,
    seen_at     timestamptz not null,
    primary key (merchant_id, case_id, staff)
);

grant select, insert, update, delete on quick_texts, viewers to amends_app;
