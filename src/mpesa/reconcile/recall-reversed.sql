-- Applies to a deposit what signed statements show as reversed in the portal under its receipt, unless we reversed it ourselves. Call it where a receipt is new, gets another
-- amount or short code, or becomes another movement's: the reversal goes with the receipt, in whichever order the two became known. Call it under the receipt's lock.
-- taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql). Null where nothing was reversed.
create function recall_reversed_2(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  shown record;
  says text;
  own uuid; -- a reversal of ours without an end
  paid boolean; -- one that was paid
  was_unheard boolean; -- when its line was settled
begin
  -- a line without a link has a payment's own receipt only where that payment is proved
  if exists (select from statement_lines x where x.receipt = p_receipt and x.verdict = 'unlinked') then
    if not exists (select from deposits o where o.receipt = p_receipt and o.receipt_proved_at is not null) then return null; end if;
    perform link_reversal_2(p_receipt, p_receipt, p_now);
    return (select x.verdict from statement_lines x where x.receipt = p_receipt and x.linked_receipt = p_receipt and x.finding = 'reversed' limit 1);
  end if;
  if not exists (select from statement_lines x where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out') then return null; end if;
  select * into d from deposits o where o.receipt = p_receipt for update;
  own := unended_reversal_2(d.id);
  paid := exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.state = 'paid');
  if paid or own is not null then
    update statement_lines x set finding = case when paid then 'agrees' else 'unresolved' end, verdict = case when paid then 'ours' end, movement_id = case when paid then d.id else own end
    where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict in ('unknown', 'other_shortcode');
  end if;
  select * into shown from shown_reversed_1(p_receipt, known_shortcode_1(d));
  if d.id is null or shown.cents is null then return null; end if;
  says := mark_reversed_1(d, shown.first_at, shown.cents, shown.reversal, p_now);
  with told as (
    update statement_lines x set movement_id = d.id, verdict = says
    from statement_lines y join statements s on s.id = y.statement_id
    where x.statement_id = y.statement_id and x.n = y.n and coalesce(y.linked_receipt, y.receipt) = p_receipt and y.finding = 'reversed' and y.direction = 'out'
      and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and y.verdict is not null and (y.verdict, y.movement_id) is distinct from (says, d.id)
    returning y.verdict
  ) select bool_or(verdict in ('unknown', 'other_shortcode')) into was_unheard from told;
  if was_unheard and says = 'locked' then perform open_task_1('statement_reversed', p_receipt, p_now); end if;
  return says;
end $$;
--> statement-breakpoint

-- An earlier release left the reversal of a receipt also on the deposit that had lost the receipt, beside the one that has it now. Takes it off there and books it back; what a
-- person had taken back for it is opened again. The lines of the statements say whose it is. Returns how many deposits it mended. Safe to repeat.
create function mend_copied_reversals_2(p_now timestamptz) returns int language plpgsql as $$
declare
  d deposits;
  mended int := 0;
begin
  for d in
    select c.* from deposits c join deposits o on o.reversal_receipt = c.reversal_receipt and o.id <> c.id and o.merged_into is null
      join statement_lines l on l.receipt = c.reversal_receipt and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = o.receipt
    where c.merged_into is null and c.reversed_elsewhere_at is not null and o.reversed_elsewhere_at is not null order by c.id
  loop
    continue when exists (select from deposits x where x.id = d.id and x.reversed_elsewhere_at is null);
    mended := mended + 1;
    perform not_given_back_2(d.id, p_now);
  end loop;
  return mended;
end $$;
