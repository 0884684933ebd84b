-- Whether money of a deposit stands in loans. Only the verb that recomputes those loans takes it out again (reverse-repayment.ts).
create function has_repaid_1(p_deposit uuid) returns boolean language sql stable as $$
  select exists (select from repayments r where r.deposit_id = p_deposit and r.reversed_at is null)
$$;
