-- Promises to tell a customer of an event, by the channels that are on: once per event, subject and cause. What is said, and whether it is still true, is seen when it is sent.
create function tell_customer_1(p_event text, p_subject uuid, p_cause text, p_has_email boolean, p_due timestamptz) returns void language plpgsql as $$
begin
  perform promise_later_1(concat_ws(':', 'customer', p_event, p_subject, p_cause, c.channel),
    jsonb_build_object('kind', 'customer_notice', 'event', p_event, 'subjectId', p_subject, 'channel', c.channel), p_due)
  from customer_events e cross join lateral (values ('sms', e.sms), ('email', e.email and p_has_email)) c (channel, is_on)
  where e.event = p_event and c.is_on;
end $$;
--> statement-breakpoint

-- A prompt that ended without money: two minutes after it can no longer be paid, so that whoever tries again at once hears nothing. The prompt is `new`.
create function tell_failed_prompt_1() returns trigger language plpgsql as $$
begin
  perform tell_customer_1('payment_failed', new.id, null, (select p.email is not null from payments p where p.id = new.payment_id),
    coalesce(new.payable_until, new.created_at + interval '180 seconds') + interval '2 minutes');
  return null;
end $$;
--> statement-breakpoint

-- A booking whose fee is held, decided about or not paid. The time is the booking's own: a moment that has come is due at once. A fee may be held again, after it was found
-- after all.
create function tell_booking_1() returns trigger language plpgsql as $$
begin
  if old.state = 'disputed' and new.state = 'held' then return null; end if; -- reopened: it was held all the time
  perform tell_customer_1('booking_' || new.state, new.id, extract(epoch from coalesce(new.held_at, old.held_at))::text, (select p.email is not null from payments p where p.id = new.id),
    case new.state when 'held' then new.held_at when 'expired' then coalesce(old.held_at, new.expires_at) else new.resolved_at end);
  return null;
end $$;
--> statement-breakpoint

-- A refund or reversal that was approved or paid. M-PESA mostly pays within a minute: then only that it is paid is said.
create function tell_refund_1() returns trigger language plpgsql as $$
begin
  if new.state = 'approved' then
    perform tell_customer_1('refund_on_its_way', new.id, null, true, coalesce(new.decided_at, new.requested_at) + interval '3 minutes');
  else
    perform tell_customer_1('refund_paid', new.id, null, true, coalesce((select max(w.settled_at) from withdrawals w where w.payout_id = new.id), new.decided_at, new.requested_at));
  end if;
  return null;
end $$;
