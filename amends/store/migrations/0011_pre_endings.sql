-- How each finished case ended, apart from the cases so that it is counted from an index alone (R3.9).
create table endings (
    merchant_id bigint      not null,
    case_id     bigint      not null,
    kind        text        not null,
    reason      text        not null,
    category    text        not null,         -- of the goods of its first line
    ended_at    timestamptz not null,
    is_refunded boolean     not null,
    ruled_for   text        not null,         -- buyer, merchant; empty where the platform did not rule
    primary key (merchant_id, case_id)
);

create index endings_of_shop on endings (merchant_id, kind, reason, category, ended_at) include (is_refunded, ruled_for);
create index endings_alike on endings (kind, reason, category, ended_at) include (merchant_id, is_refunded, ruled_for);

grant select, insert, update on endings to amends_app;

insert into endings
select c.merchant_id, c.case_id, c.kind, c.reason, coalesce(line ->> 'category', ''), c.closed_at,
       exists (select from json_array_elements(c.state -> 'payouts') payout
                where payout ->> 'ledger' = 'refund' and payout ->> 'state' not in ('failed', 'cancelled')),
       case when c.ruled_at is null then ''
            when c.state -> 'ruling' -> 'terms' ->> 'outcome' = 'dismiss' then 'merchant'
            else 'buyer' end
  from cases c
  join orders o using (merchant_id, order_no)
  left join json_array_elements(o.state -> 'lines') line
       on line ->> 'line_no' = c.state -> 'lines' -> 0 ->> 'line_no'
 where c.closed_at is not null;
