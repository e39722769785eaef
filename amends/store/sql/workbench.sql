-- What a shop's people work with: queues of cases, figures, quick texts, who has a case open.
-- Lists go page by page behind the last row shown; an empty list of kinds or reasons lets all through.

-- name: queue_by_time(merchant_id, queue, kinds, reasons, after_at, after_case, page)
-- Open cases of a queue, the least time left first.
-- out: state, title, updated_at
select state, title, updated_at
  from cases
 where merchant_id = :merchant_id and queue = :queue
   and (cardinality(:kinds) = 0 or kind = any(:kinds))
   and (cardinality(:reasons) = 0 or reason = any(:reasons))
   and (queue_at, case_id) > (:after_at, :after_case)
 order by queue_at, case_id
 limit :page;

-- name: queue_by_end(merchant_id, queue, kinds, reasons, after_at, after_case, page)
-- Finished cases, the newest first.
select state, title, updated_at
  from cases
 where merchant_id = :merchant_id and queue = :queue
   and (cardinality(:kinds) = 0 or kind = any(:kinds))
   and (cardinality(:reasons) = 0 or reason = any(:reasons))
   and (queue_at, case_id) < (:after_at, :after_case)
 order by queue_at desc, case_id desc
 limit :page;

-- name: queue_by_amount(merchant_id, queue, kinds, reasons, after_amount, after_case, page)
-- Cases of a queue, the dearest first.
select state, title, updated_at
  from cases
 where merchant_id = :merchant_id and queue = :queue
   and (cardinality(:kinds) = 0 or kind = any(:kinds))
   and (cardinality(:reasons) = 0 or reason = any(:reasons))
   and (amount_minor, case_id) < (:after_amount, :after_case)
 order by amount_minor desc, case_id desc
 limit :page;

-- name: due_by_time(merchant_id, queues, due_before, kinds, reasons, after_at, after_case, page)
-- What the shop has to do until an instant, whatever it is: of each queue one page, then the page of them all.
select c.state, c.title, c.updated_at
  from unnest(:queues) as q (queue)
 cross join lateral (
       select state, title, updated_at, queue_at, case_id
         from cases
        where merchant_id = :merchant_id and queue = q.queue
          and (cardinality(:kinds) = 0 or kind = any(:kinds))
          and (cardinality(:reasons) = 0 or reason = any(:reasons))
          and queue_at <= :due_before and (queue_at, case_id) > (:after_at, :after_case)
        order by queue_at, case_id
        limit :page) c
 order by c.queue_at, c.case_id
 limit :page;

-- name: due_by_amount(merchant_id, queues, due_before, kinds, reasons, after_amount, after_case, page)
-- The same, the dearest first.
select state, title, updated_at
  from cases
 where merchant_id = :merchant_id and queue = any(:queues) and queue_at <= :due_before
   and (cardinality(:kinds) = 0 or kind = any(:kinds))
   and (cardinality(:reasons) = 0 or reason = any(:reasons))
   and (amount_minor, case_id) < (:after_amount, :after_case)
 order by amount_minor desc, case_id desc
 limit :page;

-- name: counts(merchant_id, queues, due_before, most)
-- How many cases each queue has, and how many of them are due; counted up to `most`, as more is never shown.
-- out: queue, cases, due
select q.queue,
       (select count(*)
          from (select from cases c where c.merchant_id = :merchant_id and c.queue = q.queue limit :most) few),
       (select count(*)
          from (select from cases c
                 where c.merchant_id = :merchant_id and c.queue = q.queue and c.queue_at <= :due_before
                 limit :most) few)
  from unnest(:queues) as q (queue);

-- name: orders_counted(merchant_id, since, until)
-- Orders whose group filled, or that were paid where there are no groups, in (since, until].
select count(*)
  from orders
 where merchant_id = :merchant_id and counted_at > :since and counted_at <= :until;

-- name: stepped_in(merchant_id, since)
-- Cases in which somebody asked the platform to step in; they are few.
select state
  from cases
 where merchant_id = :merchant_id
   and case_id in (select case_id
                     from events
                    where merchant_id = :merchant_id and tag = 'intervention_requested' and at > :since);

-- name: quick_texts(merchant_id)
select text_id, title, text
  from quick_texts
 where merchant_id = :merchant_id
 order by title, text_id;

-- name: put_quick_text(merchant_id, text_id, title, text)!
insert into quick_texts (merchant_id, text_id, title, text)
values (:merchant_id, :text_id, :title, :text)
    on conflict (merchant_id, text_id) do update set title = excluded.title, text = excluded.text;

-- name: drop_quick_text(merchant_id, text_id)!
delete from quick_texts where merchant_id = :merchant_id and text_id = :text_id;

-- name: see(merchant_id, case_id, staff, now, since, before)
-- Somebody has the case open; gives the others who were seen since `since`. Who was not seen since `before` did not say
-- goodbye and is forgotten.
with gone as (
    delete from viewers
     where merchant_id = :merchant_id and case_id = :case_id and staff <> :staff and seen_at <= :before
), seen as (
    insert into viewers (merchant_id, case_id, staff, seen_at)
    values (:merchant_id, :case_id, :staff, :now)
        on conflict (merchant_id, case_id, staff) do update set seen_at = excluded.seen_at
)
select staff, seen_at
  from viewers
 where merchant_id = :merchant_id and case_id = :case_id and staff <> :staff and seen_at > :since
 order by staff;

-- name: leave(merchant_id, case_id, staff)!
delete from viewers where merchant_id = :merchant_id and case_id = :case_id and staff = :staff;

-- name: viewers(merchant_id, case_id, since)
select staff, seen_at
  from viewers
 where merchant_id = :merchant_id and case_id = :case_id and seen_at > :since
 order by staff;

-- name: endings_of_shop(merchant_id, kind, reason, category, since, most)
-- How a shop's cases alike ended, the newest so many.
-- out: cases, refunded, ruled, for_buyer
select count(*), count(*) filter (where is_refunded), count(*) filter (where ruled_for <> ''),
       count(*) filter (where ruled_for = 'buyer')
  from (select is_refunded, ruled_for
          from endings
         where merchant_id = :merchant_id and kind = :kind and reason = :reason and category = :category
           and ended_at > :since
         order by ended_at desc
         limit :most) newest;

-- name: endings_of_others(not_merchant, kind, reason, category, since, most)
-- The same for all other shops. Read across merchants, on purpose; figures only.
select count(*), count(*) filter (where is_refunded), count(*) filter (where ruled_for <> ''),
       count(*) filter (where ruled_for = 'buyer')
  from (select merchant_id, is_refunded, ruled_for
          from endings
         where kind = :kind and reason = :reason and category = :category and ended_at > :since
         order by ended_at desc
         limit :most) newest
 where merchant_id <> :not_merchant;

-- name: ended_alike(merchant_id, kind, reason, category, since, most)
-- A shop's cases alike that are finished, the newest first.
-- out: state, title, updated_at
select c.state, c.title, c.updated_at
  from endings e
  join cases c using (merchant_id, case_id)
 where e.merchant_id = :merchant_id and e.kind = :kind and e.reason = :reason and e.category = :category
   and e.ended_at > :since
 order by e.ended_at desc
 limit :most;
