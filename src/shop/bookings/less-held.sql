-- How much of a booking's fee is held, or was when it was decided: the fee less what had been reversed of it in the portal.
create function held_of_booking_2(p_booking uuid) returns bigint language sql stable as $$
  select p.amount_cents - coalesce((select sum(o.amount_cents) from payouts o where o.payment_id = p.id and o.source_account = 'booking_escrow'
    and o.subject_id in (select d.id from deposits d where d.payment_id = p.id union all select m.deposit_id from matches m where m.payment_id = p.id)), 0)::bigint
  from payments p where p.id = p_booking
$$;
--> statement-breakpoint

-- Part of a held fee was reversed in the portal. The rest stays held, and a person decides about it: the automatic decision is off. If nothing is left, the booking ends like
-- one whose whole fee was taken back. Call it under the lock of its payment.
create function less_held_2(p_booking uuid, p_actor text, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
  held bigint;
begin
  select * into booking from bookings where id = p_booking and state in ('held', 'disputed') for update;
  if not found then return; end if;
  held := held_of_booking_2(p_booking);
  perform record_by_1(p_actor, 'booking_fee_given_back', p_booking::text, to_jsonb(booking.state), jsonb_build_object('heldCents', held::text), null, p_now);
  if held > 0 then
    if booking.auto_resolve_at is null then return; end if;
    update bookings set auto_resolve_at = null where id = p_booking;
    perform open_worded_task_1('booking_undecided', p_booking::text,
      'Part of its fee was reversed in the portal, so nothing happens to the rest automatically any more: decide who gets it (POST /api/bookings/' || p_booking || '/resolve).', p_now);
    return;
  end if;
  perform reverse_payment_1(p.id, 'reversed_elsewhere', p_now) from payments p where p.id = p_booking and p.state = 'paid' for update;
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking;
  perform record_1('booking_expired', p_booking, booking.state, 'expired', p_now);
end $$;
