-- Counts a prompt against every limit: per phone, so that nobody's phone rings on and on; per network, so that no network uses up the shop's day; and per day. A prompt without
-- a network comes from the holder of an API key, whom we know.
create function count_prompt_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_sliding_1(p_phone_hash, p_limits->'promptsPerPhone', 'too_many_prompts', p_now);
  if p_network is not null then perform count_network_1('prompts', 'address:' || p_network, p_network, p_limits, p_now); end if;
  perform count_daily_1('prompts', (p_limits->>'promptsPerDay')::int, p_network is null or has_paid_2(p_phone_hash), p_now);
end $$;
--> statement-breakpoint

-- Counts a visitor's booking against limits of its own, as high as those of prompts.
create function count_booking_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_network_1('bookings', 'booking:' || p_network, p_network, p_limits, p_now);
  perform count_daily_1('bookings', (p_limits->>'promptsPerDay')::int, has_paid_2(p_phone_hash), p_now);
end $$;
--> statement-breakpoint

create function count_network_1(p_what text, p_key text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_sliding_1(p_key, p_limits->'promptsPerNetwork', 'too_many_requests', p_now);
  perform count_share_1(p_what, p_network, (p_limits->>'promptsPerDay')::int, p_now);
end $$;
--> statement-breakpoint

-- Whether we know this phone: somebody has paid from it before.
create function has_paid_2(p_phone_hash text) returns boolean language sql stable as $$
  select exists (select from payments p where p.phone_hash = p_phone_hash and p.state = 'paid')
$$;
