-- Whether this is the receipt of money that we sent ourselves, which then is no customer's.
create function is_paid_out_1(p_receipt text) returns boolean language plpgsql stable as $$
begin
  return exists (select from withdrawals w where w.receipt = p_receipt);
end $$;
--> statement-breakpoint

-- Whether money of a deposit was or is being refunded or paid on: a payout of it was requested, and neither declined nor rejected.
create function is_leaving_1(p_deposit uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payouts o where o.subject_id = p_deposit and o.state not in ('declined', 'rejected'));
end $$;
--> statement-breakpoint

-- Whether a reversal of a deposit was requested, and neither declined nor rejected.
create function is_reversing_1(p_deposit uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payouts o where o.subject_id = p_deposit and o.kind = 'reversal' and o.state not in ('declined', 'rejected'));
end $$;
