-- How much people have booked of the parts of a deposit that signed statements show as reversed (give-back-parts.ts). Payouts of money that was paid by hand do not count: such
-- a payout has the receipt itself, or shares it with one that has it.
create function parts_given_back_2(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject_id = p_deposit and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint

-- What became of proved money that came for a payment after its money was refuted and taken back: `here` while any of it is left, `returned` once we or somebody in the portal
-- returned all of it. Null: none came.
create function came_after_all_2(p_payment uuid) returns text language plpgsql stable as $$
begin
  return (select case when d.amount_cents > coalesce(d.reversed_elsewhere_cents, 0) + (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = d.id and o.kind in ('refund', 'reversal') and o.state = 'paid') - parts_given_back_2(d.id) then 'here' else 'returned' end
  from deposits d
  where d.payment_id = p_payment and d.confirmed_at is not null and d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
  order by 1 limit 1);
end $$;
