-- The books learn of money that moved at this moment (`p_cents` below zero: that it left, or did not move). If a short code's first balance is later, that balance included it,
-- and the money from before the first balance is so much less.
create function lower_opening_1(p_shortcode text, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
begin
  update float_watches set opening_cents = opening_cents - p_cents where shortcode = p_shortcode and opened_at >= p_moved_at;
end $$;
