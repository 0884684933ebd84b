-- The payment that a reversal undid, by the word of signed statements, of two people, or of Safaricom's answer to a reversal of ours. Null where nobody has said it.
create function known_link_2(p_reversal text) returns text language sql stable as $$
  select coalesce(
    (select x.linked_receipt from statement_lines x join statements s on s.id = x.statement_id
      where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null and s.state in ('signed', 'done') limit 1),
    (select coalesce(o.receipt, d.receipt) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
      where w.receipt = p_reversal and w.state = 'paid'))
$$;
--> statement-breakpoint

-- It is now known which payment a reversal undid although its lines do not say it: from a line of another signed statement, from Safaricom's answer to a reversal of ours, or
-- from two people. Its lines name the payment from now on, and what was booked while nobody knew is booked for that payment. Statements and answers outrank people.
create function link_reversal_2(p_reversal text, p_receipt text, p_now timestamptz) returns void language plpgsql as $$
declare
  mistaken text[];
begin
  perform lock_receipt_1(p_reversal);
  perform lock_receipt_1(p_receipt);
  mistaken := array(select distinct x.linked_receipt from statement_lines x
    where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt <> p_receipt order by 1);
  update statement_lines x set linked_receipt = p_receipt,
    verdict = case when x.finding = 'reversed' and x.verdict is not null then 'unknown' else x.verdict end,
    movement_id = case when x.finding = 'reversed' then null else x.movement_id end
  where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is distinct from p_receipt;
  if not found then return; end if;
  perform book_unlinked_2(p_reversal, p_now);
  perform not_given_back_2(o.id, p_now) from deposits o where o.receipt = any(mistaken);

  perform from payments where id = (select o.payment_id from deposits o where o.receipt = p_receipt) for update;
  perform recall_reversed_2(p_receipt, p_now);
  if p_reversal <> p_receipt then perform close_tasks_1(array['statement_reversed'], p_reversal, 'It is known which payment it reversed: ' || p_receipt || '.', p_now); end if;
  perform close_tasks_1(array['statement_reversed'], x.statement_id::text, 'It is known which payments were reversed.', p_now)
  from (select distinct o.statement_id from statement_lines o where o.receipt = p_reversal) x
  where (select count(*) <= 20 and count(*) filter (where y.verdict = 'unlinked') = 0 from statement_lines y where y.statement_id = x.statement_id and y.finding = 'reversed');
end $$;
--> statement-breakpoint

-- Whether two people have said which payment a reversal undid, and no signed full statement has.
create function is_said_1(p_reversal text) returns boolean language sql stable as $$
  select exists (select from float_entries e where e.receipt = p_reversal and e.kind = 'paid_out' and e.state = 'booked' and coalesce(e.deposit_id, e.payment_id) is not null)
    and not exists (select from statement_lines l join statements s on s.id = l.statement_id
      where l.receipt = p_reversal and l.linked_receipt is not null and s.layout = 'preamble' and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint

-- Safaricom's answer says that a reversal of ours undid this payment, so people were wrong to say that this one did. What this one undid is unknown again, and two people may
-- say it anew. If the payment was taken back for it meanwhile, nothing changes here: a person, who is notified of both, decides.
create function unsay_link_2(p_reversal text, p_payment text, p_now timestamptz) returns void language plpgsql as $$
declare
  words constant text := 'Safaricom''s answer to our own reversal of %s says that this one did not give that payment back, as two people had said.';
begin
  perform lock_receipt_1(p_reversal);
  if exists (select from deposits d where d.receipt = p_payment and d.taken_back_at is not null) then return; end if;
  perform reject_paid_out_1(p_reversal, p_now);
  update statement_lines x set linked_receipt = null, movement_id = null, finding = 'reversed', verdict = case when s.state in ('signed', 'done') then 'unlinked' end from statements s
  where s.id = x.statement_id and x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.finding in ('reversed', 'agrees');
  perform book_unlinked_2(p_reversal, p_now);
  perform not_given_back_2(d.id, p_now) from deposits d where d.receipt = p_payment;
  perform open_worded_task_1('statement_reversed', p_reversal, concat_ws(' ', format(words, p_payment), (select r.words from reviews r
    where r.kind = 'statement_reversed' and r.subject = p_reversal and r.words is not null order by r.opened_at desc limit 1)), p_now);
end $$;
--> statement-breakpoint

-- Safaricom has said under which receipt a reversal of ours undid a payment. If a statement lists that receipt without its payment, or people have named one, its lines name
-- this payment from now on. If the answer booked the reversal (`p_books`), no other reversal undid that payment, whatever people have said.
create function link_own_reversal_1(p_reversal text, p_receipt text, p_books boolean, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from statement_lines l where l.receipt = p_reversal and (l.verdict = 'unlinked' or is_said_1(p_reversal))) then
    perform link_reversal_2(p_reversal, p_receipt, p_now);
  end if;
  if not p_books then return; end if;
  perform unsay_link_2(x.receipt, x.linked_receipt, p_now) from (select distinct l.receipt, l.linked_receipt from statement_lines l
    where l.linked_receipt = p_receipt and l.receipt <> p_reversal and l.kind = 'reversal' and l.direction = 'out' and is_said_1(l.receipt) order by 1) x;
end $$;
