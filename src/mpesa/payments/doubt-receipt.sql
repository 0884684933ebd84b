-- The prompt whose success casts doubt on the proof of this receipt, since both may be one movement. There are two cases. If the success has no proved receipt, it does not
-- matter that a notice alone, or a person's match, has said what this receipt is for. If the success has a proved receipt by its time alone, that one may be somebody else's;
-- then only a receipt that a notice reported with a reference is doubted, and any other is new money. Each such success casts doubt on one receipt.
create function find_doubt_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select a.id from deposits n join attempts a on a.id = n.attempt_id
  where (n.receipt is null or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer', 'time') or n.tied_by = 'time' and d.source = 'c2b' and not d.may_echo)
    and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and n.settled_at > coalesce(d.moved_at, d.settled_at) - interval '3 days' and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail)
    and not exists (select from deposits o where o.echo_of = a.id and o.amount_cents = d.amount_cents and o.id <> d.id and o.receipt_proved_at is not null
      and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null)
  order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last, abs(extract(epoch from a.created_at - p_times[1])), a.id
  limit 1
$$;
--> statement-breakpoint

-- A success has no proved receipt, or one by its time alone. If a receipt of its amount and time was proved that a notice had reported, or a person had matched, for something
-- else, both may be one movement. The money of that receipt then counts as told again, until the success has a receipt of its own.
create function doubt_receipt_2(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  by_time boolean := exists (select from deposits n where n.id = p_success and n.tied_by = 'time' and n.receipt_proved_at is not null);
begin
  select o.* into d from deposits o
  where o.attempt_id is null and case when by_time then o.source = 'c2b' and not o.may_echo else o.source = 'c2b' or o.may_echo end
    and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
    and may_fit_1(attempt, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found and not by_time then -- one that fits another success better, whose own by a guess may be this one's
    select o.* into d from deposits o
    where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
      and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
      and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
      and exists (select from deposits n join attempts a on a.id = n.attempt_id
        where n.tied_by in ('payer', 'time') and n.receipt is not null and n.merged_into is null and n.amount_cents = o.amount_cents and n.shortcode is not distinct from p_shortcode
          and may_fit_1(attempt, array[n.moved_at], n.receipt, n.payer_hash, n.payer_tail) and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))
    order by abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
    limit 1 for update;
  end if;
  if d.id is null then return; end if;
  if d.taken_back_at is not null then -- it was reversed in the portal: the success may be that movement (given_back_2)
    update deposits set echo_of = attempt.id where id = d.id;
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  if is_leaving_1(d.id) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_2(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- A success has got a proved receipt of its own. The receipts that were doubted because of it are movements of their own, unless another success casts doubt on them.
create function clear_doubt_2(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  doubt uuid;
begin
  for d in select o.* from deposits o where o.echo_of = p_attempt and o.attempt_id is null and o.amount_cents = (select a.amount_cents from attempts a where a.id = p_attempt)
    and o.receipt_proved_at is not null and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null
  loop
    doubt := find_doubt_1(d, sure_times_1(d));
    if doubt is not null then
      update deposits set echo_of = doubt where id = d.id;
    else
      perform prove_money_2(d.id, p_now);
      if d.held_until is null then perform count_deposit_2(d.id, p_now); end if;
    end if;
  end loop;
end $$;
