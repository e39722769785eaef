-- The queues of the platform's desk and what was ruled (rules §9). queues: names with spaces between, mostly none.

alter table cases
    add column queues   text not null default '',
    add column ruled_at timestamptz;

update cases c
   set queues = concat_ws(' ', nullif(found.queue, ''),
                          case when found.queue <> '' and (c.state -> 'review' ->> 'late')::int > 0 then 'late' end),
       ruled_at = (c.state -> 'ruling' ->> 'noticed_at')::timestamptz
  from (select merchant_id, case_id,
               case when stage = 'closed' then ''
                    when state -> 'suspension' ->> 'until' is not null then 'suspended'
                    when state -> 'appeal' is not null and state -> 'appeal' ->> 'decided_at' is null then 'appeal'
                    when (state -> 'ruling' ->> 'waits')::boolean then 'second'
                    when stage = 'under_review' then 'review'
                    else '' end as queue
          from cases) found
 where (c.merchant_id, c.case_id) = (found.merchant_id, found.case_id)
   and (found.queue <> '' or c.state -> 'ruling' ->> 'noticed_at' is not null);

create index cases_on_desk on cases (due_at, merchant_id, case_id) include (queues, assignee) where queues <> '';
create index cases_on_desk_by_amount on cases ((-amount_minor), merchant_id, case_id) where queues <> '';
create index cases_ruled_alike on cases (reason, kind, ruled_at desc) where ruled_at is not null;
create index cases_ruled_lately on cases (ruled_at) where ruled_at is not null;
