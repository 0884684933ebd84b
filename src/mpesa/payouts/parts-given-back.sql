-- What people have booked of what signed statements show as reversed of a deposit in parts (give-back-parts.ts). What was paid by hand has its own receipt, or is the rest of
-- what has it.
create function parts_given_back_2(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject_id = p_deposit and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint

-- What became of proved money for a payment that was taken back because its money was refuted: `here` as long as any of it is, or `returned`, by us or in the portal. Null: none came.
create function came_after_all_2(p_payment uuid) returns text language plpgsql stable as $$
begin
  return (select case when d.amount_cents > coalesce(d.reversed_elsewhere_cents, 0) + (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = d.id and o.kind in ('refund', 'reversal') and o.state = 'paid') - parts_given_back_2(d.id) then 'here' else 'returned' end
  from deposits d
  where d.payment_id = p_payment and d.confirmed_at is not null and d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
  order by 1 limit 1);
end $$;
