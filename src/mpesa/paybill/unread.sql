-- Remembers which rows of a list could not be read or settled, beside those that its open task is about already: their receipts, and the time in which rows without a receipt,
-- or rows beyond the end of a list that was cut off, may lie.
create function keep_unread_1(p_shortcode text, p_receipts text[], p_from timestamptz, p_until timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if not exists (select from reviews r where r.kind = 'pull_unreadable' and r.subject = p_shortcode and r.closed_at is null) then
    update pulls set unread = '{}', unread_from = null, unread_until = null where shortcode = p_shortcode;
  end if;
  update pulls set unread = array(select distinct r from unnest(unread || p_receipts) r order by r),
    unread_from = least(unread_from, p_from), unread_until = greatest(unread_until, p_until)
  where shortcode = p_shortcode;
end $$;
--> statement-breakpoint

-- Forgets what has been read or booked since, and closes the task when nothing is left. `p_read` are the receipts of a complete list, which hid nothing from `p_from` on.
-- Signed statements hide nothing of their days.
create function close_unread_1(p_shortcode text, p_read text[], p_from timestamptz, p_now timestamptz) returns void language plpgsql as $$
declare
  p pulls;
begin
  select * into p from pulls where shortcode = p_shortcode for update;
  if p.unread = '{}' and p.unread_from is null then return; end if;
  p.unread := array(select r from unnest(p.unread) r where r <> all(p_read) and not is_in_books_1(r));
  if p_from <= p.unread_from or is_covered_1(p_shortcode, (p.unread_from at time zone 'Africa/Nairobi')::date, (p.unread_until at time zone 'Africa/Nairobi')::date) then
    p.unread_from := null; p.unread_until := null;
  end if;
  update pulls set unread = p.unread, unread_from = p.unread_from, unread_until = p.unread_until where shortcode = p_shortcode;
  if p.unread = '{}' and p.unread_from is null then perform close_tasks_1(array['pull_unreadable'], p_shortcode, 'All of it was read or booked since.', p_now); end if;
end $$;
