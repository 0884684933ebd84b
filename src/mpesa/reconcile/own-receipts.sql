-- Whether a signed statement lists this receipt as a payment. A statement that nobody has signed is one person's word, and does not count.
create function is_signed_payment_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = p_receipt and l.direction = 'in' and l.kind in ('payment', 'organisation') and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint

-- Whether signed statements list this receipt as a movement between the organisation and its bank, or between its own short codes, and none lists it as a payment. Charges do
-- not count: a charge bears the receipt of what was charged.
create function is_own_money_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from float_entry_lines x where x.receipt = p_receipt and x.kind in ('top_up', 'sweep'))
    and not is_signed_payment_1(p_receipt)
$$;
--> statement-breakpoint

-- Whether a receipt that a list names has its place in the books: proved as a customer's, or known as our own money.
create function is_in_books_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null)
    or exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt)
$$;
--> statement-breakpoint

-- Takes deposits off the books that are booked as customers' money, if one of the next lines of a statement reports them as the organisation's own.
create function take_off_own_lines_2(s statements, p_upto int, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
begin
  for l in
    select x.n, x.receipt from statement_lines x join deposits d on d.receipt = x.receipt
    where x.statement_id = s.id and x.n > s.done and x.n <= p_upto and x.finding in ('sweep', 'top_up') and d.merged_into is null and d.taken_back_at is null
      and not is_signed_payment_1(x.receipt)
    order by d.amount_cents, x.receipt
  loop
    if not take_off_own_money_2(l.receipt, p_now) then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  end loop;
end $$;
