-- Whether the fee of one of these bookings is still held: a released fee is no longer in escrow.
create function is_fee_held_1(p_bookings uuid[]) returns boolean language sql stable as $$
  select exists (select from bookings b where b.id = any(p_bookings) and b.state in ('held', 'disputed'))
$$;
--> statement-breakpoint

-- Ends a held booking whose fee was taken back. Call it under the lock of its payment.
create function expire_held_1(p_booking uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking and state in ('held', 'disputed');
  if found then perform record_1('booking_expired', p_booking, 'held', 'expired', p_now); end if;
end $$;
