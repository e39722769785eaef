-- The desk is sorted by the platform's own clock: others may run beside it and end sooner.

alter table cases add column desk_due_at timestamptz not null default '9999-01-01Z';

update cases c
   set desk_due_at = coalesce((select min((clock ->> 'due_at')::timestamptz)
                                 from json_array_elements(c.state -> 'deadlines') clock
                                where clock ->> 'key' in ('ruling', 'look', 'appeal_decision')
                                  and c.state -> 'suspension' ->> 'until' is null),
                              c.due_at)
 where c.queues <> '';

drop index cases_on_desk;
create index cases_on_desk on cases (desk_due_at, merchant_id, case_id) include (queues, assignee) where queues <> '';
