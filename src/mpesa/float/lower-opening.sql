-- The books learn what moved at this moment (below zero: that it did not move, or left): where a short code's first balance came after it, it held it already, and the money from before is so
-- much less.
create function lower_opening_1(p_shortcode text, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
begin
  update float_watches set opening_cents = opening_cents - p_cents where shortcode = p_shortcode and opened_at >= p_moved_at;
end $$;
