-- Books the paid fee of a booking from clearing to escrow, and holds it. A fee that comes after the booking has expired is held, too; then nothing happens
-- automatically, and a person decides.
create function hold_booking_2(payment payments, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
begin
  select * into booking from bookings where id = payment.id for update;
  if booking.state is null or booking.state not in ('created', 'expired') then raise exception 'A booking was paid that does not wait for its fee.'; end if;
  update bookings set state = 'held', held_at = p_now,
    auto_resolve_at = case when booking.state = 'created' then p_now + auto_after_hours * interval '1 hour' end
  where id = booking.id;
  perform book_1('hold', payment.id, 1, 'clearing', 'booking_escrow', payment.amount_cents, p_now);
  perform record_by_1('safaricom', 'booking_held', payment.id::text, to_jsonb(booking.state), jsonb_build_object('state', 'held', 'amountCents', payment.amount_cents::text), null, p_now);
  if booking.state = 'expired' then perform open_task_1('booking_paid_late', payment.id::text, p_now); end if;
end $$;
