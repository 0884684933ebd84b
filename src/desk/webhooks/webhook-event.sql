-- Which event a row of the audit trail is, and what it is about: nothing for most rows. A public name is never given another meaning (docs/webhooks.md).
create function webhook_event_1(p_action text, p_subject text, p_after jsonb, out event_type text, out about uuid) language sql immutable as $$
  select type, case when type is not null then subject::uuid end from (select
    case p_action
      when 'payment_paid' then 'payment.paid' when 'late_success' then 'payment.paid'
      when 'payment_proved' then 'payment.proved' when 'counted_deposit_changed' then 'payment.proved'
      when 'payment_failed' then 'payment.failed' when 'payment_expired' then 'payment.expired'
      when 'payment_reversed' then 'payment.reversed' when 'payment_reopened' then 'payment.reversed'
      when 'booking_fee_refunded' then 'payment.refunded'
      when 'refund_paid' then case when p_after ->> 'paymentId' is not null then 'payment.refunded' end
      when 'reversal_paid' then case when p_after ->> 'paymentId' is not null then 'payment.refunded' end
      when 'booking_held' then 'booking.held' when 'booking_released' then 'booking.released'
      when 'booking_refunded' then 'booking.refunded' when 'booking_expired' then 'booking.expired'
      when 'payout_paid' then 'payout.paid' when 'payout_rejected' then 'payout.failed' when 'payout_part_rejected' then 'payout.failed' when 'payout_declined' then 'payout.failed'
      when 'invoice_sent' then 'invoice.sent' when 'deposit_unidentified' then 'deposit.unidentified'
      when 'loan_submitted' then 'loan.submitted' when 'loan_approved' then 'loan.approved' when 'loan_rejected' then 'loan.rejected'
      when 'loan_withdrawn' then 'loan.withdrawn' when 'loan_disbursed' then 'loan.disbursed'
      when 'repayment_booked' then 'loan.repaid' when 'repayment_reversed' then 'loan.repayment_reversed'
      when 'loan_closed' then 'loan.closed' when 'loan_reopened' then 'loan.reopened'
      when 'member_joined' then 'member.joined' when 'member_changed' then 'member.changed'
    end as type,
    case when p_action in ('refund_paid', 'reversal_paid') then p_after ->> 'paymentId' else p_subject end as subject
  ) told
$$;
--> statement-breakpoint

-- Keeps the event of a new row of the audit trail, in the same transaction. Without an endpoint it reads one empty table and writes nothing.
create function keep_webhook_event_1() returns trigger language plpgsql as $$
begin
  if exists (select from webhook_endpoints where removed_at is null) then
    insert into webhook_events (id, type, subject_id, happened_at)
    select new.id, e.event_type, e.about, new.happened_at from webhook_event_1(new.action, new.subject, new.after) e where e.event_type is not null
    on conflict (id) do nothing;
  end if;
  return null;
end $$;
