-- Whether a person has matched a deposit, or a part of it, to something.
create function is_matched_1(p_deposit uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from matches m where m.deposit_id = p_deposit);
end $$;
--> statement-breakpoint

-- The match by which a deposit pays this much of a payment. Null where nobody has made it.
create function match_for_1(p_deposit uuid, p_payment uuid, p_cents bigint) returns uuid language plpgsql stable as $$
begin
  return (select m.id from matches m where m.deposit_id = p_deposit and m.payment_id = p_payment and m.amount_cents = p_cents);
end $$;
--> statement-breakpoint

-- How much of a deposit that was parked whole in suspense is unmatched: nobody has matched it, or it was put back there.
create function left_unmatched_1(d deposits) returns bigint language plpgsql stable as $$
begin
  return greatest(0, d.amount_cents + (select coalesce(sum(u.amount_cents), 0) from unmatches u where u.deposit_id = d.id)
    - (select coalesce(sum(m.amount_cents), 0) from matches m where m.deposit_id = d.id));
end $$;
