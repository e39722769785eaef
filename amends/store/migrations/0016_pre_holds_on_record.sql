-- Legal holds are placed and lifted by the service as well. What was said when one was placed cannot be said otherwise
-- later: lifting writes three columns and no more.
revoke update on holds from amends_app;
grant update (lifted_by, lifted_at, lifted_because) on holds to amends_app;

-- The list has those that stand first, and of either sort the newest.
drop index holds_that_stand;
create index holds_as_listed
    on holds ((lifted_at is null), (coalesce(lifted_at, placed_at)), merchant_id, case_id, hold_no);
