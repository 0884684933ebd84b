-- Creates a booking and the payment of its fee, at the price of the price list. A visitor's booking counts towards limits (`p_network`), the organisation's own does not. Any
-- refusal undoes everything.
create function create_booking_2(
  p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz
) returns void language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
  booking bookings := jsonb_populate_record(null::bookings, p_booking);
  item items;
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, payment.id, payment.id, p_now);
  select * into item from items i where i.sku = p_sku and i.active;
  if item.kind is distinct from 'booking_fee' then perform refuse('unknown_item', jsonb_build_object('skus', array[p_sku], 'kind', item.kind)); end if;
  payment.owed_cents := item.price_cents; payment.created_at := p_now;
  payment.lines := jsonb_build_array(jsonb_build_object('sku', item.sku, 'name', item.name, 'kind', item.kind, 'quantity', 1, 'unitCents', item.price_cents::text,
    'grossCents', item.price_cents::text, 'vatClass', item.vat_class));
  payment := write_payment_2(payment, p_references, null, p_limits);

  insert into bookings (id, state, provider_phone, provider_phone_hash, expires_at, auto_to, auto_keep_cents, auto_after_hours)
  values (payment.id, 'created', booking.provider_phone, booking.provider_phone_hash, booking.expires_at, booking.auto_to, booking.auto_keep_cents, booking.auto_after_hours);
  perform record_by_1(p_actor, 'booking_created', payment.id::text, null, jsonb_build_object('amountCents', payment.amount_cents::text, 'autoTo', booking.auto_to), p_request_id, p_now);
  if p_network is not null then perform count_booking_2(payment.phone_hash, p_network, p_limits, p_now); end if;
end $$;
--> statement-breakpoint

-- Refuses another prompt for a booking that was not paid in time.
create function refuse_late_booking_1(p_booking uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from bookings b where b.id = p_booking and (b.state = 'expired' or b.state = 'created' and b.expires_at <= p_now)) then
    perform refuse('booking_expired', jsonb_build_object('paymentId', p_booking));
  end if;
end $$;
