-- The account of one of our short codes under `paybill_float` or `paybill_told`. It is opened when money first comes to it.
create function own_account_1(p_parent text, p_shortcode text) returns text language plpgsql as $$
declare
  own text := p_parent || ':' || p_shortcode;
begin
  if p_shortcode is null then return p_parent; end if; -- booked before short codes were kept
  if not exists (select from accounts where id = own) then
    insert into accounts (id, kind, name, parent) select own, kind, name || ' ' || p_shortcode, id from accounts where id = p_parent
    on conflict (id) do nothing;
  end if;
  return own;
end $$;
--> statement-breakpoint

-- Moves money. A second booking of the same (kind, source, leg) is an error and never ignored: the caller has locked what it books for.
create function book_1(p_kind text, p_source uuid, p_leg int, p_debit text, p_credit text, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values (new_id_1(), p_kind, p_source::text, p_leg, p_debit, p_credit, p_amount, p_now);
end $$;
--> statement-breakpoint

-- Moves money from one account to several in one statement. The legs are numbered from `p_leg` on, in the given order.
create function book_legs_1(p_kind text, p_source uuid, p_leg int, p_debit text, p_credits text[], p_amounts bigint[], p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), p_kind, p_source::text, p_leg - 1 + n, p_debit, credit, amount, p_now from unnest(p_credits, p_amounts) with ordinality as legs (credit, amount, n);
end $$;
--> statement-breakpoint

-- Moves money for something that has no row of ours and is named by its M-PESA code. A second booking of the same is an error here, too.
create function book_by_code_1(p_kind text, p_code text, p_leg int, p_debit text, p_credit text, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values (new_id_1(), p_kind, p_code, p_leg, p_debit, p_credit, p_amount, p_now);
end $$;
