-- Books a reversal whose payment nobody can name: its money has left the float all the same, once, however many statements show it, and whoever got it owes it to us. Once the
-- payment is known, this booking is undone here, and the reversal is booked for that payment. Call it under the lock of the reversal's receipt.
create function book_unlinked_2(p_reversal text, p_now timestamptz) returns void language plpgsql as $$
declare
  shown record;
  booked record;
  left_cents bigint;
begin
  select s.shortcode, (select sum(g.cents) from given_back_lines_1(p_reversal, s.shortcode) g where g.receipt = p_reversal) as amount_cents into shown
  from statement_lines l join statements s on s.id = l.statement_id
  where l.receipt = p_reversal and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' order by l.completed_at, s.id limit 1;
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) as cents, max(t.leg) as leg,
    max(case t.debit_account when 'receivables' then t.credit_account end) as float into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = p_reversal;
  left_cents := coalesce(shown.amount_cents, 0) - booked.cents;
  if left_cents = 0 then return; end if;
  booked.float := coalesce(booked.float, own_account_1('paybill_float', shown.shortcode));
  perform book_by_code_1('reversed_elsewhere', p_reversal, coalesce(booked.leg, 0) + 1,
    case when left_cents > 0 then 'receivables' else booked.float end, case when left_cents > 0 then booked.float else 'receivables' end, abs(left_cents), p_now);
end $$;
