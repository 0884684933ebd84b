-- Whether signed statements of the account that takes payments cover these days of Nairobi, both included, without a gap. With `p_named`, a file also covers the days that it
-- is named for (is_answered_1).
create function covers_days_1(p_shortcode text, p_from date, p_to date, p_named boolean) returns boolean language sql stable as $$
  select coalesce(range_agg(tstzrange(s.covers_from, greatest(s.covers_to, case when p_named and s.named_to < s.uploaded_at then s.named_to end) + interval '1 second'))
    @> tstzrange(p_from::timestamp at time zone 'Africa/Nairobi', (p_to + 1)::timestamp at time zone 'Africa/Nairobi'), false)
  from statements s
  where s.shortcode = p_shortcode and s.state = 'done' and s.covers_from is not null
    and (coalesce(s.account, 'utility') in ('utility', 'merchant') or s.account = 'working' and s.pays_out and not s.prompts)
$$;
--> statement-breakpoint

-- Whether signed statements cover these days by the times that they can speak for (covers_from to covers_to).
create function is_covered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, false);
--> statement-breakpoint

-- Whether a request for the statement of these days has been met. A file that does not say when it was exported counts for all the days that it is named for, once they are
-- over. If it was in fact exported before their end, the next statement does not join it. It only meets the request: what it lacks in its last hours is not refuted by it.
create function is_answered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, true);
