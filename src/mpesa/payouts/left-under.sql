-- How much left under the receipt of a withdrawal. What was paid by hand in one sum may be booked as several payouts (book-paid-out.ts); then it is their sum.
create function left_under_2(w withdrawals) returns bigint language sql stable as $$
  select case when w.dispatched_at is not null then w.amount_cents else coalesce((select sum(b.amount_cents) from payouts p
      join payouts o on o.subject_id = p.subject_id and o.portal_receipt = w.receipt join withdrawals b on b.payout_id = o.id
    where p.id = w.payout_id)::bigint, w.amount_cents) end
$$;
--> statement-breakpoint

-- Our own reversal of this deposit, while it has no result.
create function unended_reversal_2(p_deposit uuid) returns uuid language sql stable as $$
  select w.id from payouts p join withdrawals w on w.payout_id = p.id
  where p.kind = 'reversal' and p.subject_id = p_deposit and w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' order by w.id limit 1
$$;
