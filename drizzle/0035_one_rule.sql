ALTER TABLE "float_entries" DROP CONSTRAINT "float_entries_kind";--> statement-breakpoint
ALTER TABLE "withdrawals" DROP CONSTRAINT "withdrawals_within_limits";--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "deposit_id" uuid;--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "payment_id" uuid;--> statement-breakpoint
ALTER TABLE "invoices" ADD COLUMN "reason" text;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "refutes_shortcode" text;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "refutes_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "refutes_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "refutes_not" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "unread" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "unread_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "unread_until" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "portal_receipt" text;--> statement-breakpoint
ALTER TABLE "reviews" ADD COLUMN "words" text;--> statement-breakpoint
CREATE UNIQUE INDEX "float_entries_paid_out" ON "float_entries" USING btree ("receipt") WHERE "float_entries"."kind" = 'paid_out' and "float_entries"."state" <> 'rejected';--> statement-breakpoint
ALTER TABLE "float_entries" ADD CONSTRAINT "float_entries_kind" CHECK ("float_entries"."kind" in ('top_up', 'sweep', 'charge', 'paid_out'));--> statement-breakpoint
ALTER TABLE "withdrawals" ADD CONSTRAINT "withdrawals_within_limits" CHECK ("withdrawals"."amount_cents" between 100 and 25000000 and "withdrawals"."amount_cents" % 100 = 0 or "withdrawals"."state" = 'paid' and "withdrawals"."dispatched_at" is null);
--> statement-breakpoint
-- Looked for differently since: all of one distance at once.
drop function make_place_1(deposits, timestamptz[], boolean, timestamptz, uuid[]);
--> statement-breakpoint
-- It returns the row of the success.
drop function free_receipt_1(uuid, timestamptz);
--> statement-breakpoint
-- M-PESA's time of a deposit was corrected: the loans that it has repaid are worked out by it (move-repayments.ts).
create function tell_moved_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_1(concat_ws(':', 'repayments-moved', d.id, extract(epoch from d.moved_at), extract(epoch from p_now)), jsonb_build_object('kind', 'repayments_moved', 'depositId', d.id), p_now)
  from deposits d where d.id = p_deposit
    and exists (select from repayments r where r.deposit_id = d.id and r.reversed_at is null and r.received_at <> d.moved_at);
end $$;
--> statement-breakpoint
-- Of which times it is known which payments came to a short code: those of signed statements that refute, of one account joined where they touch, and those of whole pulls. What was
-- told this near to the end of a statement may stand in the next one. Not `listed`: a pull has them, and they are no customer's money in the books.
create function refuting_times_1() returns table (shortcode text, begins timestamptz, ends timestamptz, listed text[]) language sql stable as $$
  select s.shortcode, lower(r) + interval '1 minute', upper(r) - interval '1 minute', '{}'::text[]
  from (select o.shortcode, range_agg(tstzrange(o.covers_from, o.covers_to + interval '1 second')) as covered from statements o
    where o.state = 'done' and o.refutes and o.covers_from <= o.covers_to group by o.shortcode, o.account) s
  cross join lateral unnest(s.covered) r
  union all
  select p.refutes_shortcode, p.refutes_from, p.refutes_until, p.unread || p.refutes_not from pulls p where p.refutes_from is not null
$$;
--> statement-breakpoint
-- Whether a list of these moments holds the day in a receipt, whatever time a notice has told: where that is of another day, the whole of it. A day that is not says nothing.
create function holds_day_1(p_begins timestamptz, p_ends timestamptz, p_moved_at timestamptz, p_day date) returns boolean language sql stable return
  coalesce(p_day between ((p_moved_at - interval '5 minutes') at time zone 'Africa/Nairobi')::date and ((p_moved_at + interval '5 minutes') at time zone 'Africa/Nairobi')::date
    or p_begins <= p_day::timestamp at time zone 'Africa/Nairobi' and (p_day + 1)::timestamp at time zone 'Africa/Nairobi' <= p_ends, true);
--> statement-breakpoint
-- Refutes told money that is absent where it should stand, some of it in each request, whenever it was told: ruling 5 has what a list must be to refute. What a statement lists and could not
-- be settled is not absent. One that raises is passed over, and said. The receipt of which somebody else speaks at this moment is left for the next time. Safe to repeat.
create function refute_absent_1(p_limit int, p_passed uuid[], p_now timestamptz) returns table ("depositId" uuid, failed text) language plpgsql as $$
declare
  x record;
begin
  for x in
    select * from (
      select d.id, d.receipt, d.payment_id, d.amount_cents from refuting_times_1() e join deposits d on d.shortcode = e.shortcode and d.moved_at between e.begins and e.ends
      where d.confirmed_at is null and d.merged_into is null and d.refuted_at is null and d.receipt is not null and d.receipt_proved_at is null
        and holds_day_1(e.begins, e.ends, d.moved_at, receipt_day_1(d.receipt)) and not d.receipt = any(e.listed) and not d.id = any(p_passed)
        and not exists (select from statement_lines l join statements o on o.id = l.statement_id
          where l.receipt = d.receipt and l.direction = 'in' and l.kind not in ('top_up', 'internal') and o.shortcode = d.shortcode and o.state in ('signed', 'done'))
      limit p_limit) absent
    order by absent.amount_cents, absent.receipt
  loop
    "depositId" := x.id; failed := null;
    begin
      continue when not pg_try_advisory_xact_lock(hashtextextended('receipt:' || x.receipt, 0));
      perform from payments where id = x.payment_id for update;
      perform refute_deposit_1(x.id, p_now) from deposits d where d.id = x.id and d.receipt_proved_at is null;
    exception when others then
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
      failed := sqlerrm;
    end;
    return next;
  end loop;
end $$;
--> statement-breakpoint
-- Whether a receipt that a list names has its place in the books: proved as a customer's, or known as our own money.
create function is_in_books_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null)
    or exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt)
$$;
--> statement-breakpoint
-- Remembers what of a list could not be read or settled, beside what its open task is about already: receipts, and between which moments rows without one, or behind a list without an
-- end, may lie.
create function keep_unread_1(p_shortcode text, p_receipts text[], p_from timestamptz, p_until timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if not exists (select from reviews r where r.kind = 'pull_unreadable' and r.subject = p_shortcode and r.closed_at is null) then
    update pulls set unread = '{}', unread_from = null, unread_until = null where shortcode = p_shortcode;
  end if;
  update pulls set unread = array(select distinct r from unnest(unread || p_receipts) r order by r),
    unread_from = least(unread_from, p_from), unread_until = greatest(unread_until, p_until)
  where shortcode = p_shortcode;
end $$;
--> statement-breakpoint
-- Forgets what has been read or booked since, and closes the task when nothing is left. `p_read` are receipts of a whole list, which hid nothing from the moment `p_from` on; signed
-- statements hide nothing of their days.
create function close_unread_1(p_shortcode text, p_read text[], p_from timestamptz, p_now timestamptz) returns void language plpgsql as $$
declare
  p pulls;
begin
  select * into p from pulls where shortcode = p_shortcode for update;
  if p.unread = '{}' and p.unread_from is null then return; end if;
  p.unread := array(select r from unnest(p.unread) r where r <> all(p_read) and not is_in_books_1(r));
  if p_from <= p.unread_from or is_covered_1(p_shortcode, (p.unread_from at time zone 'Africa/Nairobi')::date, (p.unread_until at time zone 'Africa/Nairobi')::date) then
    p.unread_from := null; p.unread_until := null;
  end if;
  update pulls set unread = p.unread, unread_from = p.unread_from, unread_until = p.unread_until where shortcode = p_shortcode;
  if p.unread = '{}' and p.unread_from is null then perform close_tasks_1(array['pull_unreadable'], p_shortcode, 'All of it was read or booked since.', p_now); end if;
end $$;
--> statement-breakpoint
-- Told money came to another one of our short codes than its notice has named: it stands where who knows says.
create function gather_1(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where id = p_deposit and confirmed_at is null and merged_into is null and shortcode <> p_shortcode for update;
  if not found then return; end if;
  if d.taken_back_at is null then
    perform book_1('gathered', d.id, next_leg_1('gathered', d.id), own_account_1('paybill_told', p_shortcode), own_account_1('paybill_told', d.shortcode), d.amount_cents, p_now);
  end if;
  update deposits set shortcode = p_shortcode where id = d.id;
end $$;
--> statement-breakpoint
-- What became of proved money for a payment that was taken back because its money was refuted: `here` as long as any of it is, or `returned`, by us or in the portal. Null: none came.
create function came_after_all_1(p_payment uuid) returns text language plpgsql stable as $$
begin
  return (select case when d.amount_cents > coalesce(d.reversed_elsewhere_cents, 0) + (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject = d.id::text and o.kind in ('refund', 'reversal') and o.state = 'paid') - parts_given_back_1(d.id) then 'here' else 'returned' end
  from deposits d
  where d.payment_id = p_payment and d.confirmed_at is not null and d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
  order by 1 limit 1);
end $$;
--> statement-breakpoint
-- Whether this receipt, which bears the reference of the payment `p_for` or none, may be that of a success of `p_payment`: nobody else paid it as far as is proved.
create function may_name_1(d deposits, p_for uuid, p_times timestamptz[], p_payment uuid, attempt attempts) returns boolean language sql stable return
  coalesce(p_payment = p_for, false) and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
  or p_for is null and d.may_echo and may_fit_1(attempt, p_times, d.receipt, d.payer_hash, d.payer_tail);
--> statement-breakpoint
-- The time of a receipt that a success has by a guess, as far as it is known: the clock of a pull may be three hours off.
create function times_of_1(d deposits) returns timestamptz[] language sql stable return
  case when d.receipt_proved_at is null then array[d.moved_at] else array[d.moved_at, d.moved_at + interval '3 hours'] end;
--> statement-breakpoint
-- The successes whose receipts may move on to one of `p_latest`, and where each would: see make_place_1.
create function nearer_1(
  d deposits, p_latest uuid[], p_reached uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz, out nearer uuid[], out onward uuid[]
) language plpgsql stable as $$
begin
  with o as materialized (select o.id, o.payment_id, a as attempt from deposits o join attempts a on a.id = o.attempt_id where o.id = any(p_latest)), -- few of many
  n as materialized (select n as deposit from deposits n
    where n.tied_by in ('reference', 'payer', 'time') and n.amount_cents = d.amount_cents and n.settled_at > p_now - interval '3 days'
      and n.shortcode is not distinct from d.shortcode and n.receipt is not null and n.merged_into is null and n.taken_back_at is null
      and not n.id = any(p_reached) and not n.id = any(p_seen)
      and not (p_moves and exists (select from payouts p where p.subject = n.id::text and p.state not in ('declined', 'rejected')))),
  x as (select distinct on ((n.deposit).id) (n.deposit).id, o.id as to_id, abs(extract(epoch from (o.attempt).created_at - (n.deposit).moved_at)) as distance
    from o, n
    where may_name_1(n.deposit, case when (n.deposit).tied_by = 'reference' then (n.deposit).payment_id end, times_of_1(n.deposit), o.payment_id, o.attempt)
    order by (n.deposit).id, distance, o.id)
  select array_agg(x.id order by x.distance, x.id), array_agg(x.to_id order by x.distance, x.id) into nearer, onward from x;
end $$;
--> statement-breakpoint
-- The successes of an amount that have no receipt.
create function ends_1(d deposits, p_now timestamptz) returns uuid[] language sql stable as $$
  select coalesce(array_agg(n.id order by n.id), '{}') from deposits n
  where n.attempt_id is not null and n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode
    and n.settled_at > p_now - interval '3 days'
$$;
--> statement-breakpoint
-- The prompt whose success this receipt would leave room for, if what stands between were not being given back: both may be one movement until that is decided.
create function find_held_place_1(d deposits, p_times timestamptz[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  ends uuid[] := ends_1(d, p_now);
begin
  if not d.may_echo or cardinality(ends) = 0 then return null; end if;
  return (select n.attempt_id from deposits n where n.id = (select make_place_1(d, p_times, ends, '{}', false, p_now)));
end $$;
--> statement-breakpoint
-- The successes of an amount that some receipt could come to: those that have none, and those whose own could move on (make_place_1).
create function places_1(d deposits, p_now timestamptz) returns uuid[] language plpgsql stable as $$
declare
  latest uuid[] := ends_1(d, p_now);
  reached uuid[] := latest;
begin
  while latest <> '{}' loop
    latest := coalesce((select x.nearer from nearer_1(d, latest, reached, '{}', true, p_now) x), '{}');
    reached := reached || latest;
  end loop;
  return reached || array(select n.id from deposits n
    where n.receipt is null and n.attempt_id is not null and n.merged_into is null and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode);
end $$;
--> statement-breakpoint
-- What left under a withdrawal's receipt: what was paid by hand in one sum may be several payouts (book-paid-out.ts).
create function left_under_1(w withdrawals) returns bigint language sql stable as $$
  select case when w.dispatched_at is not null then w.amount_cents else coalesce((select sum(b.amount_cents) from payouts p
      join payouts o on o.subject = p.subject and o.portal_receipt = w.receipt join withdrawals b on b.payout_id = o.id
    where p.id = w.payout_id)::bigint, w.amount_cents) end
$$;
--> statement-breakpoint
-- Whether a signed statement knows this receipt as a payment. One that nobody has signed is one person's word.
create function is_signed_payment_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = p_receipt and l.direction = 'in' and l.kind in ('payment', 'organisation') and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint
-- Passes over a line that raises whenever it is settled, with a task about its receipt: the next one, or the next that shows a payment as given back. It is listed all the same.
create function pass_line_1(p_statement uuid, p_reversed boolean, p_now timestamptz) returns text language plpgsql as $$
declare
  s statements;
  l statement_lines;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if p_reversed then
    select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  else
    select * into l from statement_lines x where x.statement_id = s.id and x.n = s.done + 1;
    update statements set done = l.n where id = s.id and l.n is not null;
  end if;
  if l.n is null then return null; end if;
  update statement_lines set verdict = 'failed' where statement_id = s.id and n = l.n;
  perform open_task_1('statement_line_failed', l.receipt, p_now);
  return l.receipt;
end $$;
--> statement-breakpoint
-- What somebody paid in the portal is booked (book-paid-out.ts): its lines say so, and the tasks about it close, also that of a statement with many when this was its last.
create function end_money_out_1(p_receipt text, p_now timestamptz) returns void language plpgsql as $$
begin
  update statement_lines set verdict = 'paid_out' where receipt = p_receipt and direction = 'out' and (finding = 'missing_here' or verdict = 'money_out');
  perform close_tasks_1(array['statement_money_out'], p_receipt, 'It is booked.', p_now);
  perform close_tasks_1(array['statement_money_out'], s.statement_id::text, 'All of it is booked.', p_now)
  from (select distinct l.statement_id from statement_lines l where l.receipt = p_receipt) s
  where not exists (select from statement_lines o where o.statement_id = s.statement_id and o.direction = 'out' and (o.finding = 'missing_here' or o.verdict = 'money_out')
    and o.verdict is distinct from 'paid_out' and not exists (select from withdrawals w where w.receipt = o.receipt));
end $$;
--> statement-breakpoint
-- Whether a statement shows a payment as given back by a line that no earlier one has told: a payment may be given back in parts.
create function tells_reversal_1(p_statement uuid, p_receipt text) returns boolean language sql stable as $$
  select exists (select from statement_lines l where l.statement_id = p_statement and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = p_receipt
    and not exists (select from statement_lines o join statements s on s.id = o.statement_id
      where coalesce(o.linked_receipt, o.receipt) = p_receipt and o.statement_id <> l.statement_id and s.state = 'done' and o.finding = 'reversed' and o.direction = 'out'
        and (o.receipt, o.completed_at, o.amount_cents) = (l.receipt, l.completed_at, l.amount_cents)))
$$;
--> statement-breakpoint
-- What people have booked of what signed statements show as given back of a deposit in parts (give-back-parts.ts). What was paid by hand has its
-- own receipt, or is the rest of what has it.
create function parts_given_back_1(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject = p_deposit::text and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint
-- Whether the receipt of this money, and with it what was given back of it in the portal, may turn out to be somebody else's: nothing but a guess ties it to its prompt, or words do
-- that whoever pays by hand may use, and no signed statements list all that came while the prompt could be paid, or another receipt fits it too.
create function may_change_receipt_1(d deposits) returns boolean language sql stable as $$
  select is_guess_1(d) or d.tied_by <> 'callback' and exists (select from attempts a where a.id = d.attempt_id
    and (not coalesce((select range_agg(tstzrange(s.covers_from, s.covers_to, '[]')) @> tstzrange(a.created_at, echo_until_1(a)) from statements s
        where s.shortcode = d.shortcode and s.state = 'done' and s.refutes and s.covers_from <= s.covers_to), false)
      or exists (select from deposits o where o.id <> d.id and o.merged_into is null and o.receipt is not null and o.tied_by is distinct from 'callback' and o.amount_cents = d.amount_cents
        and o.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))))
$$;
--> statement-breakpoint
-- Whether a reversal whose line does not say which payment it gave back may have given back this deposit's money, or a part of it: it came before, and that much of it is left.
create function may_give_back_1(l statement_lines, d deposits) returns boolean language sql stable as $$
  select d.merged_into is null and l.amount_cents <= d.amount_cents - coalesce(d.reversed_elsewhere_cents, 0)
    and coalesce((sure_times_1(d))[1] - interval '60 seconds' <= l.completed_at, receipt_day_1(d.receipt) <= (l.completed_at at time zone 'Africa/Nairobi')::date,
      (select a.created_at from attempts a where a.id = d.attempt_id) <= l.completed_at, true)
$$;
--> statement-breakpoint
-- The receipt of the first such reversal of signed statements, while nobody has said which payment it gave back. Null where there is none.
create function unlinked_reversal_1(d deposits) returns text language sql stable as $$
  select l.receipt from statements s join statement_lines l on l.statement_id = s.id
  where l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' and s.shortcode = coalesce(d.shortcode, s.shortcode) and may_give_back_1(l, d)
  order by l.completed_at, l.receipt limit 1
$$;
--> statement-breakpoint
-- What settled lines of signed statements show as given back in the portal of a receipt that came to this short code (null: to whichever of ours). The same line stands in
-- overlapping statements.
create function shown_reversed_1(p_receipt text, p_shortcode text, out cents bigint, out first_at timestamptz, out reversal text) language sql stable as $$
  select sum(o.amount_cents)::bigint, min(o.completed_at), (array_agg(o.receipt order by o.completed_at))[1] from (
    select distinct x.completed_at, x.amount_cents, x.receipt from statement_lines x join statements s on s.id = x.statement_id
    where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict is not null
      and s.shortcode = coalesce(p_shortcode, s.shortcode)) o
$$;
--> statement-breakpoint
-- What a reversal took that nobody can say the payment of has left the float all the same, once, however many statements show it: whoever got it owes it until its payment is
-- known. Then it is booked back here, and booked for that payment. Ask under the lock of its receipt.
create function book_unlinked_1(p_reversal text, p_now timestamptz) returns void language plpgsql as $$
declare
  shown record;
  booked record;
  left_cents bigint;
begin
  select s.shortcode, l.amount_cents into shown from statement_lines l join statements s on s.id = l.statement_id
  where l.receipt = p_reversal and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' order by l.completed_at, s.id limit 1;
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) as cents, max(t.leg) as leg,
    max(case t.debit_account when 'receivables' then t.credit_account end) as float into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = p_reversal;
  left_cents := coalesce(shown.amount_cents, 0) - booked.cents;
  if left_cents = 0 then return; end if;
  booked.float := coalesce(booked.float, own_account_1('paybill_float', shown.shortcode));
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), 'reversed_elsewhere', p_reversal, coalesce(booked.leg, 0) + 1,
    case when left_cents > 0 then 'receivables' else booked.float end, case when left_cents > 0 then booked.float else 'receivables' end, abs(left_cents), p_now;
end $$;
--> statement-breakpoint
-- Tasks for the reversals of a statement whose payment nobody knows, each told once, or one for the statement where there are many.
create function tell_unlinked_1(p_statement uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
  how constant text := 'Export the full statement of that time from the portal (the layout with "Linked Transaction ID"), import it and have it signed. Or say which payment it was: '
    || 'POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then nothing leaves that it may have given back.';
begin
  if (select count(*) > 20 from statement_lines x where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked') then
    perform open_worded_task_1('statement_reversed', p_statement::text, 'Payments were given back in the portal, and this statement does not say which: it has no "Linked Transaction ID". '
      || '?finding=reversed of GET /api/statements/<id> lists them. ' || how, p_now);
    return;
  end if;
  for l in
    select x.receipt, x.amount_cents, x.completed_at, s.shortcode from statement_lines x join statements s on s.id = x.statement_id
    where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked' and not exists (select from reviews r where r.kind = 'statement_reversed' and r.subject = x.receipt) order by x.n
  loop
    perform open_worded_task_1('statement_reversed', l.receipt, format('By this reversal KES %s left %s on %s, and the statement does not say which payment it gave back: it has no "Linked Transaction ID". ',
      trim(to_char(l.amount_cents / 100.0, 'FM999,999,999,990.00')), l.shortcode, to_char(l.completed_at at time zone 'Africa/Nairobi', 'DD-MM-YYYY HH24:MI')) || how, p_now);
  end loop;
end $$;
--> statement-breakpoint
-- It is known which payment a reversal gave back whose lines did not say it: by a line of another signed statement, by Safaricom's answer to a reversal of ours, or by two people.
-- Its lines say so from now on, and what was booked while nobody knew is booked for that payment. What statements and answers say goes before what people have said.
create function link_reversal_1(p_reversal text, p_receipt text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
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
  perform book_unlinked_1(p_reversal, p_now);
  perform not_given_back_1(o.id, p_now) from deposits o where o.receipt = any(mistaken);

  perform from payments where id = (select o.payment_id from deposits o where o.receipt = p_receipt) for update;
  select * into d from deposits o where o.receipt = p_receipt for update;
  if exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text and w.state = 'paid') then
    update statement_lines x set finding = 'agrees', verdict = 'ours', movement_id = d.id
    where x.receipt = p_reversal and x.finding = 'reversed' and x.direction = 'out' and x.verdict = 'unknown';
  elsif unended_reversal_1(d.id) is not null then
    update statement_lines x set finding = 'unresolved', verdict = null, movement_id = unended_reversal_1(d.id)
    where x.receipt = p_reversal and x.finding = 'reversed' and x.direction = 'out' and x.verdict = 'unknown';
  else
    perform recall_reversed_1(p_receipt, p_now);
  end if;
  if p_reversal <> p_receipt then perform close_tasks_1(array['statement_reversed'], p_reversal, 'It is known which payment it gave back: ' || p_receipt || '.', p_now); end if;
  perform close_tasks_1(array['statement_reversed'], x.statement_id::text, 'It is known which payments were given back.', p_now)
  from (select distinct o.statement_id from statement_lines o where o.receipt = p_reversal) x
  where (select count(*) <= 20 and count(*) filter (where y.verdict = 'unlinked') = 0 from statement_lines y where y.statement_id = x.statement_id and y.finding = 'reversed');
end $$;
--> statement-breakpoint
-- The payment that a reversal gave back, as signed statements, two people or Safaricom's answer to a reversal of ours have said. Null where nobody has.
create function known_link_1(p_reversal text) returns text language sql stable as $$
  select coalesce(
    (select x.linked_receipt from statement_lines x join statements s on s.id = x.statement_id
      where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null and s.state in ('signed', 'done') limit 1),
    (select coalesce(o.receipt, d.receipt) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
      where w.receipt = p_reversal and w.state = 'paid'))
$$;
--> statement-breakpoint
-- The reversal of ours that a line without a link may be: of its amount and short code, sent before, and nobody has told its end.
create function unended_like_1(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
  select w.id from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
  where w.state in ('dispatched', 'unknown') and w.receipt is null and w.amount_cents = l.amount_cents and coalesce(d.shortcode, p_shortcode) = p_shortcode
    and w.dispatched_at - interval '60 seconds' <= l.completed_at
    and not exists (select from statement_lines x where x.statement_id = l.statement_id and x.movement_id = w.id and x.finding = 'unresolved' and x.n <> l.n)
  order by w.dispatched_at, w.id limit 1
$$;
--> statement-breakpoint
-- A receipt was heard of, has another amount or short code, or is another movement's now: what signed statements show as given back of it in the portal goes with it, whichever
-- was told first. Ask under the receipt's lock. taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql). Null where there is nothing.
create function recall_reversed_1(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  shown record;
  says text;
  was_unheard boolean; -- when its line was settled
begin
  -- a line without a link has a payment's own receipt only where that payment is proved
  if exists (select from statement_lines x where x.receipt = p_receipt and x.verdict = 'unlinked') then
    if not exists (select from deposits o where o.receipt = p_receipt and o.receipt_proved_at is not null) then return null; end if;
    perform link_reversal_1(p_receipt, p_receipt, p_now);
    return (select x.verdict from statement_lines x where x.receipt = p_receipt and x.linked_receipt = p_receipt and x.finding = 'reversed' limit 1);
  end if;
  if not exists (select from statement_lines x where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out') then return null; end if;
  select * into d from deposits o where o.receipt = p_receipt for update;
  select * into shown from shown_reversed_1(p_receipt, d.shortcode);
  if d.id is null or shown.cents is null then return null; end if;
  update deposits set reversed_elsewhere_at = coalesce(reversed_elsewhere_at, shown.first_at), reversal_receipt = coalesce(reversal_receipt, shown.reversal),
    reversed_elsewhere_cents = least(amount_cents, shown.cents)
  where id = d.id and taken_back_at is null;
  if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, shown.reversal, p_now); end if;
  says := book_reversed_1(d.id, p_now);
  with told as (
    update statement_lines x set movement_id = d.id, verdict = says
    from statement_lines y join statements s on s.id = y.statement_id
    where x.statement_id = y.statement_id and x.n = y.n and coalesce(y.linked_receipt, y.receipt) = p_receipt and y.finding = 'reversed' and y.direction = 'out'
      and s.shortcode = coalesce(d.shortcode, s.shortcode) and y.verdict is not null and (y.verdict, y.movement_id) is distinct from (says, d.id)
    returning y.verdict
  ) select bool_or(verdict in ('unknown', 'other_shortcode')) into was_unheard from told;
  if was_unheard and says = 'locked' then perform open_task_1('statement_reversed', p_receipt, p_now); end if;
  return says;
end $$;
--> statement-breakpoint
-- What statements show as given back was another deposit's: it is taken off this one, as far as no other line shows it, and booked back. What a person had taken back for it
-- whole is opened anew; of parts that are booked as refunds there is a task.
create function not_given_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
  shown record;
begin
  select * into d from deposits where id = p_deposit for update;
  select * into shown from shown_reversed_1(d.receipt, d.shortcode);
  update deposits set reversed_elsewhere_at = shown.first_at, reversed_elsewhere_cents = case when shown.cents is not null then least(amount_cents, shown.cents) end,
    reversal_receipt = shown.reversal where id = d.id;
  perform close_tasks_1(array['statement_reversed'], d.receipt, 'Another payment was given back.', p_now) where shown.cents is null;
  if parts_given_back_1(d.id) > coalesce(shown.cents, 0) then perform open_task_1('taken_back_short', d.id::text, p_now); end if;
  if d.taken_back_at is null then
    perform book_reversed_1(d.id, p_now);
  elsif shown.cents is null then
    again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
    again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
    update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles a line that shows a payment as given back and does not say which: it may be a reversal of ours whose end nobody has told, which is asked for.
create function settle_unlinked_1(s statements, l statement_lines, p_now timestamptz) returns boolean language plpgsql as $$
declare
  own uuid := unended_like_1(l, s.shortcode);
begin
  update withdrawals w set query_due_at = p_now where w.id = own;
  update statement_lines x set finding = case when own is null then 'reversed' else 'unresolved' end, movement_id = own, verdict = case when own is null then 'unlinked' end
  where x.statement_id = s.id and x.n = l.n;
  perform book_unlinked_1(l.receipt, p_now);
  return true;
end $$;
--> statement-breakpoint
-- The same with words that say what to do, which the alert says too.
create function open_worded_task_1(p_kind text, p_subject text, p_words text, p_now timestamptz) returns void language plpgsql as $$
declare
  task uuid;
begin
  insert into reviews (id, kind, subject, words, opened_at) values (new_id_1(), p_kind, p_subject, p_words, p_now)
  on conflict (kind, subject) where closed_at is null do nothing
  returning id into task;
  if found then perform promise_1('alert:' || task, jsonb_build_object('kind', 'alert', 'reviewId', task, 'words', p_words), p_now); end if;
end $$;
--> statement-breakpoint
-- Makes a booking and the payment of its fee, by the price list. A visitor's booking is counted (`p_network`), the organisation's own is not. Whatever refuses undoes
-- everything.
create or replace function create_booking_1(
  p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz
) returns void language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
  booking bookings := jsonb_populate_record(null::bookings, p_booking);
  item items;
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, payment.id, payment.id, p_now);
  select * into item from items i where i.sku = p_sku and i.active;
  if item.kind is distinct from 'booking_fee' then perform refuse('unknown_item', jsonb_build_object('skus', array[p_sku], 'kind', item.kind)); end if;
  payment.owed_cents := item.price_cents; payment.created_at := p_now;
  payment.lines := jsonb_build_array(jsonb_build_object('sku', item.sku, 'name', item.name, 'kind', item.kind, 'quantity', 1, 'unitCents', item.price_cents::text,
    'grossCents', item.price_cents::text, 'vatClass', item.vat_class));
  payment := write_payment_1(payment, p_references, null, p_limits);

  insert into bookings (id, state, provider_phone, provider_phone_hash, expires_at, auto_to, auto_keep_cents, auto_after_hours)
  values (payment.id, 'created', booking.provider_phone, booking.provider_phone_hash, booking.expires_at, booking.auto_to, booking.auto_keep_cents, booking.auto_after_hours);
  perform record_by_1(p_actor, 'booking_created', payment.id::text, null, jsonb_build_object('amountCents', payment.amount_cents::text, 'autoTo', booking.auto_to), p_request_id, p_now);
  if p_network is not null then perform count_booking_1(payment.phone_hash, p_network, p_limits, p_now); end if;
end $$;
--> statement-breakpoint
-- The money of a deposit is proved. A loan that is paid in full, and by nothing but proved money now, is closed for good: its borrower and the treasurers are told.
create or replace function tell_closed_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  loan loans;
begin
  for loan in select l.* from loans l where l.id in (select r.loan_id from repayments r where r.deposit_id = p_deposit and r.amount_cents > 0 and r.reversed_at is null) order by l.id for no key update loop
    if loan.state = 'closed' and not exists (select from repayments r join deposits d on d.id = r.deposit_id
      where r.loan_id = loan.id and r.amount_cents > 0 and r.reversed_at is null and d.confirmed_at is null) then
      perform promise_notice_1('loan_closed', loan.id, p_deposit::text, loan.member_id, true, p_now);
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- Prices a basket (`items` of `p_asked`: sku, quantity, and the amount that a giver chose) from the price list; prices include VAT. A donation takes the giver's amount, and
-- all lines of one donation together lie within its range; everything else has its price. `only` limits what may be in the basket. The first line that is refused says why.
create or replace function quote_order_1(p_asked jsonb) returns table (owed_cents bigint, lines jsonb, refusal text, refusal_detail jsonb) language sql stable as $$
  with wanted as (
    -- the same thing for the same amount is one line
    select sku, sum(quantity)::int as quantity, amount_cents, min(n) as n, sum(sum(quantity * amount_cents)) over (partition by sku) as given_cents
    from rows from (jsonb_to_recordset(p_asked->'items') as (sku text, quantity int, amount_cents bigint)) with ordinality as t(sku, quantity, amount_cents, n)
    group by sku, amount_cents
  ), priced as (
    select w.n, w.sku, w.quantity, i.name, i.kind, i.vat_class, i.min_cents, i.max_cents, u.unit_cents, u.unit_cents * w.quantity as gross_cents,
      case
        when i.sku is null or i.kind = 'booking_fee' then 'unknown_item'
        when i.kind <> p_asked->>'only' then 'not_a_donation'
        when i.kind <> 'donation' and w.amount_cents is not null then 'price_is_fixed'
        when i.kind = 'donation' and w.amount_cents is null then 'donation_amount_required'
        when i.kind = 'donation' and w.given_cents not between i.min_cents and i.max_cents then 'donation_out_of_range'
      end as refusal
    from wanted w
    left join items i on i.sku = w.sku and i.active
    left join lateral (select case when i.kind = 'donation' then w.amount_cents else i.price_cents end as unit_cents) u on true
  )
  select sum(gross_cents)::bigint,
    jsonb_agg(jsonb_build_object('sku', sku, 'name', name, 'kind', kind, 'quantity', quantity, 'unitCents', unit_cents::text,
      'grossCents', gross_cents::text, 'vatClass', vat_class) order by n),
    (array_agg(p.refusal order by n) filter (where p.refusal is not null))[1],
    (array_agg(jsonb_build_object('skus', array[sku], 'kind', kind, 'min', min_cents::text, 'max', max_cents::text) order by n) filter (where p.refusal is not null))[1]
  from priced p
$$;
--> statement-breakpoint
-- Settles a status answer about the receipt of one deposit, posted to the question's own address. `p_shortcode` is the own short code that was credited; null: none was, or, where it
-- says `nameless`, the answer names nobody, which says nothing: it is asked again.
create or replace function settle_deposit_status_2(
  p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text,
  p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  d deposits;
  proved record;
  fresh boolean;
begin
  select * into d from deposits where id = p_deposit;
  if p_says = 'completed' then -- in the order of all who settle
    perform lock_group_1(d.amount_cents);
    perform lock_receipt_1(p_receipt);
    perform from payments where id = d.payment_id for update;
    select * into d from deposits where id = p_deposit for update;
  end if;
  verdict := case
    when d.id is null then 'no_deposit'
    when p_says = 'unclear' then 'unclear'
    when d.receipt is distinct from p_receipt then 'other_receipt'
    when p_says = 'not_completed' then 'not_completed'
    when d.amount_cents is distinct from p_amount then 'other_amount'
    when exists (select from withdrawals w where w.receipt = p_receipt) then 'other_party'
    when p_shortcode is null then case p_says when 'nameless' then 'unclear' else 'other_party' end
    when d.receipt_proved_at is not null then 'known'
    else 'confirms' end;
  fresh := keep_evidence_1(p_deposit, 'transaction-status', p_body_hash, p_body, verdict, p_now);
  if verdict = 'confirms' then
    select * into proved from settle_receipt_1('status', d.receipt, d.amount_cents, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode,
      d.may_echo, array_remove(array[p_finalised_at], null), false, p_now);
    perform recall_reversed_1(d.receipt, p_now);
    "depositId" := proved."depositId";
  elsif verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and fresh and not (verdict = 'other_receipt' and d.receipt_proved_at is not null) then
    perform open_task_1('deposit_not_confirmed', p_deposit::text, p_now);
  end if;
end $$;
--> statement-breakpoint
-- Books a settled deposit to its payment's purpose if it is the one that counts or the purpose takes everything, to the account whose reference was typed, what is more
-- than owed and every further deposit to the customer's credit, too little or money for nobody knows what to suspense; a person gets a task for these. Clearing is
-- empty again. A deposit that was held is looked at anew first: a success without a receipt may have come meanwhile, whose money it is. Safe to call twice.
-- `loan`: what it is for has to be worked out (allocate.ts does). `typed`: booked by an earlier release, which kept what was typed in sealed form alone.
create or replace function allocate_2(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  payment payments;
  standing standing_references;
  nameless uuid;
begin
  select * into d from deposits where id = p_deposit;
  if d.held_until > p_now then return 'held'; end if;
  if d.held_until is not null then perform lock_group_1(d.amount_cents); end if;
  select * into payment from payments where id = d.payment_id for update;
  select * into d from deposits where id = p_deposit and allocated_at is null and merged_into is null and refuted_at is null for update;
  if d.id is null or d.held_until > p_now then return 'nothing to do'; end if;
  if d.reversed_elsewhere_at is not null and book_reversed_1(d.id, p_now) = 'taken_back' then return 'nothing to do'; end if; -- it was given back in the portal: it pays for nothing
  if d.payment_id is distinct from payment.id then return allocate_2(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

  if d.attempt_id is null and exists (select from payouts o where o.subject = d.id::text and o.kind = 'reversal' and o.state not in ('declined', 'rejected')) then
    -- its reversal came with its receipt and is under way: it pays for nothing meanwhile
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
    update deposits set allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    return 'allocated';
  end if;

  if d.held_until is not null then
    nameless := case when d.attempt_id is null then find_nameless_1(d, array[d.moved_at]) end;
    if nameless is not null and merge_deposit_1(d.id, nameless, p_now) then
      perform name_deposit_1(nameless, d, null, p_now);
      return 'tied';
    end if;
    update deposits set held_until = null where id = d.id;
    perform count_deposit_1(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if d.confirmed_at is not null and payment.status = 'paid' and payment.counted_deposit_id <> d.id then
    -- it came while what counts was told, which may be a lie: whichever of the two is booked first
    perform count_deposit_1(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if payment.id is null and d.standing is null and d.version > 0 and d.typed_reference is not null then return 'typed'; end if;
  select * into standing from standing_references s where s.typed = case when payment.id is null then d.standing else bare_reference_1(payment.subject) end
    and (payment.id is null or s.kind = case payment.purpose when 'savings' then 'savings' when 'loan_repayment' then 'loan' end);
  if standing.kind = 'loan' then return 'loan'; end if;
  if standing.kind is null and payment.purpose in ('savings', 'loan_repayment') then raise exception 'Something was paid for that is not there.'; end if;

  if standing.kind = 'savings' then
    perform deposit_savings_1(standing.subject_id, d.id, d.amount_cents, p_now);
  elsif payment.id is null and d.typed_reference is null and d.may_echo and p_counter_vat_class is not null then
    perform sell_over_counter_1(d, p_counter_vat_class, p_now);
  elsif payment.id is null then
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
  elsif payment.counted_deposit_id = d.id then
    if payment.purpose in ('order', 'donation') then perform sell_1(payment, d.id, coalesce(d.moved_at, d.settled_at), p_now);
    elsif payment.purpose = 'booking_fee' then perform hold_booking_1(payment, p_now);
    else raise exception 'No purpose "%" is wired in: see allocate_2.', payment.purpose;
    end if;
    if d.amount_cents > payment.amount_cents then
      perform park_1(d, 'customer_credit', d.amount_cents - payment.amount_cents, 'surplus_payment', p_now);
    end if;
  elsif payment.counted_deposit_id is not null then
    perform park_1(d, 'customer_credit', d.amount_cents, 'surplus_payment', p_now);
  else
    perform park_1(d, 'suspense', d.amount_cents, 'underpaid_deposit', p_now);
  end if;
  update deposits set allocated_at = p_now, allocation_due_at = null where id = d.id;
  return 'allocated';
end $$;
--> statement-breakpoint
-- How long the receipt of a prompt may still be on its way: a notice of that time may be its echo.
create or replace function echo_until_1(attempt attempts) returns timestamptz language sql stable return
  coalesce(attempt.payable_until, attempt.created_at + interval '180 seconds') + interval '60 seconds';
--> statement-breakpoint
-- Whether money that moved then may have been asked for by this prompt. A time may be readable in two ways: either will do. Without a query inside, so that PostgreSQL writes it into the caller's.
create or replace function fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  (coalesce(p_times[1] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false)
    or coalesce(p_times[2] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false))
  and coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint
-- A deposit counts for its payment if it pays it, or if it is proved where what counted is not: a lie may not keep the place of money that came.
create or replace function count_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  counted deposits;
  matched uuid; -- by a person
begin
  select * into d from deposits where id = p_deposit;
  select * into payment from payments where id = d.payment_id for update;
  if not found or d.amount_cents < payment.amount_cents or d.refuted_at is not null or d.taken_back_at is not null then return; end if;
  if payment.status in ('pending', 'unknown', 'failed', 'expired') then
    update payments set status = 'paid', failure_code = null, counted_deposit_id = d.id, settled_at = coalesce(settled_at, p_now) where id = payment.id;
    perform record_1(case when payment.status in ('failed', 'expired') then 'late_success' else 'payment_paid' end, payment.id, payment.status, 'paid', p_now);
    return;
  end if;
  if payment.status <> 'paid' or d.confirmed_at is null or payment.counted_deposit_id = d.id then return; end if;
  select * into counted from deposits where id = payment.counted_deposit_id for update;
  select m.id into matched from matches m where m.deposit_id = counted.id and m.payment_id = payment.id and m.amount_cents = payment.amount_cents;
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or stands_in_1(d) not in ('clearing', 'customer_credit') then return; end if;
  if counted.allocated_at is null then -- nothing was bought yet
    if d.allocated_at is not null then
      perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'customer_credit', 'clearing', d.amount_cents, p_now);
      update deposits set allocated_at = null, allocation_due_at = p_now where id = d.id;
      perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now);
    end if;
    update payments set counted_deposit_id = d.id where id = payment.id;
    perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
    return;
  end if;
  if not exists (select from transfers t where t.source_id in (counted.id::text, matched::text, payment.id::text) and t.kind in ('sale', 'hold')) then return; end if;
  perform swap_counted_1(payment, counted, d, p_now);
end $$;
--> statement-breakpoint
-- A counter sale that turns out to be something else's money: it goes back to clearing. False when there is none, or when some of it is being or was given back.
create or replace function undo_counter_sale_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  sold record;
begin
  if exists (select from payouts o where o.subject = p_deposit::text and o.state not in ('declined', 'rejected')) then return false; end if;
  for sold in select * from over_counter_1(p_deposit) loop
    perform book_1('claimed', p_deposit, next_leg_1('claimed', p_deposit), sold.account, 'clearing', sold.cents, p_now);
    update deposits set allocated_at = null where id = p_deposit;
  end loop;
  return sold is not null;
end $$;
--> statement-breakpoint
-- What stands in sales and VAT of a deposit that was sold over the counter: less what was taken back of it, and what its refunds have taken off (close-counter-refund.ts).
create or replace function over_counter_1(p_deposit uuid) returns table (account text, cents bigint) language sql stable as $$
  select x.account, sum(x.cents)::bigint from (
    select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'taken_back') and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
      where o.subject = p_deposit::text and o.payment_id is null) x
  where x.account in ('counter_sales', 'vat_payable') group by x.account having sum(x.cents) > 0 order by x.account
$$;
--> statement-breakpoint
-- Told money was refuted. What has paid for nothing yet is taken off the books; the rest is locked until a person takes it back. Proof that comes later wins.
create or replace function refute_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where id = p_deposit and confirmed_at is null and refuted_at is null and merged_into is null for update;
  if not found then return; end if;
  if d.allocated_at is null then
    perform merge_deposit_1(d.id, null, p_now);
  else
    update deposits set refuted_at = p_now, confirmation_due_at = null where id = d.id;
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed'], d.id::text, 'It was refuted.', p_now);
    perform open_task_1('deposit_refuted', d.id::text, p_now);
  end if;
  perform record_1('deposit_refuted', d.id, 'told', 'refuted', p_now);
end $$;
--> statement-breakpoint
-- Opens one more prompt for a payment that was not paid (of the type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create or replace function open_again_1(
  p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments;
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, p_attempt, p_payment, p_now);
  -- always payment, then attempt
  select * into payment from payments p where p.id = p_payment for update;
  if payment.id is null or payment.purpose <> p_type then perform refuse('payment_not_found'); end if;
  if payment.status = 'paid' then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id, 'language', payment.language)); end if;
  if payment.status in ('reversed', 'refunded') then
    perform refuse('payment_returned', jsonb_build_object('paymentId', payment.id, 'language', payment.language, 'status', payment.status,
      'failureCode', payment.failure_code, 'cameAfterAll', case when payment.failure_code = 'refuted' then came_after_all_1(payment.id) end));
  end if;
  -- it was paid by hand, as a notice tells that waits for proof: who answers a prompt as well pays twice
  if exists (select from deposits h where h.payment_id = payment.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null
    and h.refuted_at is null and h.amount_cents >= payment.amount_cents) then
    perform refuse('payment_being_checked', jsonb_build_object('paymentId', payment.id, 'language', payment.language));
  end if;
  -- a prompt has ended, and Safaricom was not yet asked how
  if exists (select from attempts a where a.payment_id = payment.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= p_now
    and a.checkout_request_id is not null and a.queried_at is null) then perform refuse('still_checking', jsonb_build_object('paymentId', payment.id)); end if;
  if payment.purpose = 'booking_fee' then perform refuse_late_booking_1(payment.id, p_now); end if;

  "liveUntil" := write_attempt_1(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  update payments p set latest_attempt_id = p_attempt, status = 'pending', failure_code = null where p.id = payment.id;
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language;
  "earlierMayBePaid" := exists (select from attempts a where a.payment_id = payment.id and a.id <> p_attempt
    and a.state in ('requested', 'pending', 'unknown') and a.payable_until > p_now);
end $$;
--> statement-breakpoint
-- What a proof says of the payer outranks what a notice has said. What it shows less of is kept as far as it agrees: a number in full that ends as the proof's mask does, and a
-- hash beside that mask, with which it cannot be compared before somebody says a number (src/payments/known-payer.ts).
create or replace function payer_by_proof_1(d deposits, p_name text, p_phone text, p_hash text, p_tail text) returns deposits language plpgsql immutable as $$
declare
  masked boolean := p_hash is null and p_tail is not null;
  hashed boolean := p_hash is null and p_tail is null;
begin
  if p_phone is null or d.payer_hash = p_hash or hashed and d.payer_hash is not null and d.receipt_proved_at is not null then return d; end if;
  if masked and d.payer_tail = p_tail then -- a number in full that a notice alone has said is compared by what is proved of it
    if d.receipt_proved_at is null then d.payer_hash := null; end if;
    return d;
  end if;
  if masked and d.payer_phone is not null and d.payer_tail is null then
    d.payer_name := coalesce(p_name, d.payer_name); d.payer_tail := p_tail;
    return d;
  end if;
  d.payer_name := p_name; d.payer_phone := p_phone; d.payer_hash := p_hash;
  if not hashed or d.receipt_proved_at is null then d.payer_tail := p_tail; end if;
  return d;
end $$;
--> statement-breakpoint
-- Settles what a C2B notice says. It only tells: the address is one for all, so whoever knows it can say anything. Each receipt is booked once, as told money. A notice
-- that may be the echo of a prompt is booked too, and not allocated until the prompt's callback has named its receipt or the prompt has ended.
-- arrives: new told money. ties: the receipt of a success that a query told. known: told or proved before. Others are quarantined: kept, and nothing is booked.
create or replace function settle_c2b_1(
  p_body_hash text, p_body text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text,
  p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_moved_at timestamptz, p_day_differs boolean, p_wait_for_proof text[], p_now timestamptz,
  out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  d deposits;
  nameless uuid;
begin
  select * into payment from payments where reference = p_reference;
  d.standing := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  d.may_echo := p_prompts and payment.id is null and p_typed is null;
  if d.may_echo or payment.id is not null then perform lock_group_1(p_amount); end if; -- one that bears a reference may name a success too
  perform lock_receipt_1(p_receipt);
  if payment.id is not null then select * into payment from payments where id = payment.id for update; end if;

  d.id := new_id_1(); d.source := 'c2b'; d.payment_id := payment.id; d.amount_cents := p_amount; d.receipt := p_receipt; d.shortcode := p_shortcode;
  d.typed_reference := p_typed; d.payer_name := p_payer_name; d.payer_phone := p_payer_phone; d.payer_hash := p_payer_hash; d.payer_tail := p_payer_tail;
  d.moved_at := p_moved_at; d.settled_at := p_now; d.confirmation_due_at := p_now + interval '2 minutes'; -- a callback of the same money comes by then, and proves it

  select * into known from deposits where receipt = p_receipt;
  if known.id is not null then
    verdict := case when known.amount_cents = p_amount then 'known' else 'amount_differs' end;
  elsif exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt) then
    verdict := 'own_payout'; -- money that we sent or moved ourselves, told as if a customer had paid
  else
    nameless := case when d.may_echo then find_place_1(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
    if nameless is null then
      nameless := (select n.id from deposits n where n.id = find_weaker_tie_1(d) and n.receipt_proved_at is null);
      if nameless is not null then nameless := free_receipt_1(nameless, p_now); end if;
    end if;
    verdict := case when nameless is null then 'arrives' else 'ties' end;
  end if;
  duplicate := not keep_evidence_1(null, 'c2b', p_body_hash, p_body, verdict, p_now);
  if duplicate then -- what was only kept until now is read for the first time
    update evidence e set verdict = settle_c2b_1.verdict where e.subject_id is null and e.source = 'c2b' and e.body_hash = p_body_hash and e.verdict in ('unreadable', 'other_shortcode');
    duplicate := not found;
  end if;
  if verdict in ('known', 'ties') and not duplicate then -- the report of evidence asks whether a notice told of it too
    perform keep_evidence_1(coalesce(known.id, nameless), 'c2b', p_body_hash, p_body, verdict, p_now);
  end if;

  if verdict = 'arrives' then
    -- what a signed statement shows as given back waits for proof
    select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
    if p_day_differs or payment.purpose = any(p_wait_for_proof) or (shown_reversed_1(p_receipt, null)).cents is not null then d.held_until := 'infinity'; end if;
    d.allocation_due_at := case when d.held_until = 'infinity' then null else coalesce(d.held_until, p_now) end;
    perform open_deposit_1(d, p_now);
    if p_day_differs then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
    if d.held_until is null then
      perform count_deposit_1(d.id, p_now);
      "depositId" := d.id;
    end if;
  elsif verdict = 'ties' then
    perform name_deposit_1(nameless, d, null, p_now);
  elsif verdict = 'known' then
    if known.allocation_due_at is not null and known.held_until is null then "depositId" := known.id; end if; -- its first answer was perhaps lost before it was allocated
    -- one of the two is a lie. What a list has said stands above both
    if not duplicate and known.source = 'c2b' and known.attempt_id is null and known.merged_into is null and known.taken_back_at is null
      and (known.payment_id is distinct from payment.id or known.standing is distinct from d.standing or known.may_echo <> d.may_echo
        or payer_contradicts_1(known, p_payer_hash, p_payer_tail) or known.payer_hash is not null and p_payer_hash is null) then
      perform open_task_1('receipt_told_twice', known.id::text, p_now);
    end if;
  elsif not duplicate then
    perform open_task_1('evidence_' || verdict, p_receipt, p_now);
  end if;
  if verdict in ('arrives', 'ties') then perform recall_reversed_1(p_receipt, p_now); end if;
end $$;
--> statement-breakpoint
-- Settles the proof of a receipt that a success of this attempt named and was not believed. If its amount is what was asked, the success is true after all; else the money
-- is a movement of its own, which nobody asked for. Safe to repeat.
create or replace function settle_doubt_2(
  p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz,
  p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  proved record;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  perform from payments where id in ((select a.payment_id from attempts a where a.id = p_attempt), (select d.payment_id from deposits d where d.receipt = p_receipt)) order by id for update;
  select * into attempt from attempts where id = p_attempt for update;
  select * into payment from payments where id = attempt.payment_id;
  if attempt.amount_cents = p_amount and attempt.state <> 'paid' and not exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null) then
    verdict := 'pays';
    "depositId" := take_success_1(attempt, payment, p_receipt, true, p_shortcode, (readings_1(p_receipt, array_remove(array[p_finalised_at], null), p_now))[1], p_now);
    update attempts set state = 'paid', live = false, receipt = p_receipt, query_due_at = null where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);
  else
    select * into proved from settle_receipt_1('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, true,
      array_remove(array[p_finalised_at], null), true, p_now);
    verdict := proved.verdict;
    "depositId" := proved."depositId";
  end if;
  perform recall_reversed_1(p_receipt, p_now);
  if verdict in ('pays', 'proves', 'fills', 'displaces', 'arrives') then
    perform close_tasks_1(array['evidence_amount_differs', 'evidence_phone_differs', 'evidence_second_receipt', 'evidence_receipt_used', 'evidence_doubted'], p_attempt::text,
      'Its receipt is proved, and booked.', p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles the proof of a receipt: that this much came to us under it. Who proves is a status answer that we asked for (of a receipt that we know), a line of a pull, or a
-- line of a statement that a person has signed off. The money is proved where it stands; a proved receipt fills a nameless success first, and takes the place of a
-- receipt that only tells. `p_times` holds the readings of a time whose clock is not certain. Who paid, and when, is what the proof says, and where it does not say, unknown:
-- a notice may have lied about both.
-- proves: it was told before. fills: the name of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody had told us, or a notice had
-- told it for something else. doubted: it may be the receipt of a prompt's success that has none, and was spent for something else or told with other words: it stays told
-- until that success has a receipt.
create or replace function settle_receipt_1(
  p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text,
  p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  told deposits;            -- `known` as a notice had told it
  lost uuid;                -- the success that had it by a guess
  gone uuid;                -- what was taken back under this receipt, which came after all
  bought boolean := false;  -- something was bought with it that a list contradicts
  d deposits;
  success uuid;
  doubt uuid;
  times timestamptz[] := readings_1(p_receipt, p_times, p_now);
  near timestamptz[];       -- when it may have moved, to guess at its prompt by
  other_payer boolean := false; -- than was told
  says_payer boolean := p_payer_hash is not null or p_payer_tail is not null;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if exists (select from withdrawals w where w.receipt = p_receipt) or known.id is null and is_own_money_1(p_receipt) then verdict := 'own_payout'; return; end if;
  if known.taken_back_at is not null and known.confirmed_at is null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for anew
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
  if p_opens and known.amount_cents <> p_amount and known.receipt_proved_at is null and known.tied_by in ('reference', 'payer', 'time') then -- no prompt's name: it brought another amount
    perform lock_group_1(known.amount_cents);
    lost := free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
  end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- told with another amount than came: that one was a lie
    d := known; d.id := new_id_1(); d.moved_at := null; d.payer_name := null; d.payer_phone := null; d.payer_hash := null; d.payer_tail := null;
    d.reversed_elsewhere_at := null; d.reversed_elsewhere_cents := null; d.reversal_receipt := null;
    perform merge_deposit_1(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  if known.tied_by in ('reference', 'payer', 'time') and is_not_its_name_1(known, payment, p_standing, p_payer_hash, p_payer_tail) then
    lost := free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then -- given back in the portal, and taken back
    if lost is not null then perform name_again_1(lost, p_now); end if;
    verdict := 'known';
    return;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_1(told) = 'spent';
    known := correct_words_1(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_1(lost, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) and not bought then
    verdict := 'known';
    if known.attempt_id is null and known.taken_back_at is null and p_payer_phone is not null then -- the first proof may have named no payer, or less of them
      if payer_contradicts_1(known, p_payer_hash, p_payer_tail) then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
      d := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = d.payer_name, payer_phone = d.payer_phone, payer_hash = d.payer_hash, payer_tail = d.payer_tail where id = known.id;
    end if;
    if p_source in ('pull', 'statement') and known.taken_back_at is null and cardinality(sure_times_1(known)) = 0 and times[1] not between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes'
      and coalesce(times[2] not between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes', true) then -- the first proof had no time
      update deposits set moved_at = times[1] where id = known.id;
      perform tell_moved_1(known.id, p_now);
    end if;
    return;
  end if;

  if known.id is not null then
    perform gather_1(known.id, p_shortcode, p_now);
    known.shortcode := (select o.shortcode from deposits o where o.id = known.id);
    if known.attempt_id is null then
      other_payer := other_payer or payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      if bought and not says_payer then -- whoever told other words than were typed is not believed about the payer either
        known.payer_name := null; known.payer_phone := null; known.payer_hash := null; known.payer_tail := null;
      end if;
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
    elsif known.tied_by = 'payer' and not says_payer then -- whose number it is a notice alone has said
      known.tied_by := 'time'; known.payer_hash := null; known.payer_tail := null;
    end if;
    known.receipt_proved_at := p_now;
    known.moved_at := case
      when exists (select from unnest(times || case when cardinality(times) = 0 then readings_1(p_receipt, array[known.moved_at], p_now) end) t
        where t between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes') then known.moved_at
      else coalesce(times[1], value_date_1(p_receipt, p_now)) end;
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null, moved_at = known.moved_at,
      payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail, tied_by = known.tied_by
    where id = known.id;
    perform tell_moved_1(known.id, p_now);
    verdict := 'proves';
    if not says_payer and (known.payment_id is not null or p_source = 'status') then known.payer_hash := null; known.payer_tail := null; end if; -- what a notice alone has said of them keeps no receipt from its prompt
    near := case when cardinality(times) = 0 and p_source = 'status' then array[known.moved_at] else times end;
    if known.attempt_id is null and known.taken_back_at is null and (bought or stands_in_1(known) not in ('spent', 'gone')) then
      success := coalesce(find_place_1(known, near, false, '{}', p_now), find_guess_1(known, near), find_place_1(known, near, true, '{}', p_now), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then success := free_receipt_1(success, p_now); end if;
        perform merge_deposit_1(known.id, success, p_now);
        perform name_deposit_1(success, known, null, p_now);
        perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    if bought and not known.may_echo and not exists (select from matches m where m.deposit_id = known.id) then
      -- the list has other words, and no person has said what it is for: the notice's words were a lie, and what they bought is taken back. Where a list has none, it contradicts none
      d := known; d.id := new_id_1();
      perform merge_deposit_1(known.id, d.id, p_now);
      known := null;
    end if;
  end if;
  if known.id is not null then
    if bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing) then perform open_task_1('receipt_words_differ', known.id::text, p_now); end if;
    if other_payer and known.taken_back_at is null then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
    if known.attempt_id is null and known.taken_back_at is null and (not says_payer or (p_source = 'status' or known.may_echo) and cardinality(times) = 0) then
      if known.payer_hash is null then known.payer_phone := coalesce(p_payer_phone, known.payer_phone); end if;
      known.payer_hash := null; known.payer_tail := null; times := '{}'; -- see sure_times_1
      update deposits set payer_phone = known.payer_phone, payer_hash = null, payer_tail = null where id = known.id;
    end if;
    -- what a list says was typed makes it another movement than a prompt's; what a notice alone has said does not
    if known.attempt_id is null and known.taken_back_at is null and (p_source = 'status' or known.may_echo) then
      doubt := find_doubt_1(known, times);
      if doubt is not null then
        update deposits set echo_of = doubt where id = known.id;
        perform open_task_1('receipt_doubted', known.id::text, p_now);
        verdict := 'doubted';
        return;
      end if;
    end if;
    perform prove_money_1(known.id, p_now);
    if known.attempt_id is not null then perform clear_doubt_1(known.attempt_id, p_now); end if;
    if known.held_until is null then perform count_deposit_1(known.id, p_now); end if;
    "depositId" := (select id from deposits where receipt = p_receipt and allocated_at is null and (held_until is null or held_until <= p_now));
    return;
  end if;

  if not p_opens then verdict := 'unknown'; return; end if;
  d.id := coalesce(d.id, new_id_1()); d.source := p_source; d.attempt_id := null; d.payment_id := payment.id; d.amount_cents := p_amount; d.receipt := p_receipt;
  d.shortcode := p_shortcode; d.standing := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  d.may_echo := p_prompts and payment.id is null and p_typed is null;
  d.typed_reference := coalesce(p_typed, d.typed_reference); d := payer_by_proof_1(d, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
  d.payer_name := coalesce(d.payer_name, p_payer_name); d.payer_phone := coalesce(d.payer_phone, p_payer_phone); d.moved_at := coalesce(times[1], d.moved_at);
  d.settled_at := p_now; d.receipt_proved_at := p_now; d.tied_by := null; d.refuted_at := null; d.confirmed_at := p_now;
  d.allocated_at := null; d.confirmation_due_at := null; d.echo_of := null; d.held_until := null;

  success := coalesce(find_place_1(d, times, false, '{}', p_now), find_guess_1(d, times), find_place_1(d, times, true, '{}', p_now), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then success := free_receipt_1(success, p_now); end if;
    perform name_deposit_1(success, d, null, p_now);
    perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
    update deposits set merged_into = success where id = gone;
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
  end if;
  doubt := find_held_place_1(d, times, p_now);
  if doubt is not null then -- told, until it is decided whether what stands in its place is given back
    d.confirmed_at := null; d.echo_of := doubt; d.allocation_due_at := p_now;
    perform open_deposit_1(d, p_now);
    update deposits set merged_into = d.id where id = gone;
    perform open_task_1('receipt_doubted', d.id::text, p_now);
    verdict := 'doubted';
    "depositId" := d.id;
    return;
  end if;
  select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
  d.allocation_due_at := coalesce(d.held_until, p_now);
  if gone is null then
    perform open_deposit_1(d, p_now);
  else
    perform open_after_all_1(d, p_now);
    update deposits set merged_into = d.id where id = gone;
  end if;
  if d.held_until is null then
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint
-- Settles the proofs of many receipts, one after the other, in the order in which all who do this lock. Each row of `p_receipts` has the names of settle_receipt_1's
-- parameters. What was proved before is passed over.
create or replace function settle_receipts_1(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
declare
  r record;
  settled record;
begin
  for r in select * from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint, reference text, standing text, typed text, payer_name text, payer_phone text,
      payer_hash text, payer_tail text, shortcode text, prompts boolean, times timestamptz[])
    where not exists (select from deposits d where d.receipt = t.receipt and d.receipt_proved_at is not null and d.confirmed_at is not null and d.amount_cents = t.amount
      and (d.source <> 'c2b' or d.attempt_id is not null)
      and not (d.attempt_id is null and d.payer_hash is null and t.payer_hash is not null and cardinality(t.times) > 0) -- it says in full who paid
      and not (coalesce(d.tied_by in ('reference', 'payer', 'time'), false) and (d.payment_id <> (select p.id from payments p where p.reference = t.reference)
        or exists (select from attempts a where a.id = d.attempt_id and not may_be_from_1(a, t.payer_hash, t.payer_tail)))))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    perform recall_reversed_1(r.receipt, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
  -- what was told of a receipt otherwise was wrong, and the books have what the list has
  update reviews task set closed_at = p_now, closed_by = 'malipo', note = 'The books have what is proved.'
  where task.kind in ('evidence_amount_differs', 'evidence_own_payout') and task.closed_at is null and task.opened_at < p_now and p_source in ('pull', 'statement')
    and task.subject in (select d.receipt from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint) join deposits d on d.receipt = t.receipt
      where d.amount_cents = t.amount and d.receipt_proved_at is not null and d.confirmed_at is not null);
end $$;
--> statement-breakpoint
-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create or replace function settle_stk_1(
  p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text,
  p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz,
  out "paymentId" uuid, out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  named text; -- the receipt that this success has, proved (callback) or not
  of_group boolean := false; -- whether it takes the lock of its amount: it may tie receipts and prompts to each other
begin
  select * into attempt from attempts where id = p_attempt;
  named := coalesce(p_receipt, attempt.told_receipt);
  -- money cannot have moved before it was asked for; a stamp that says so is no value date
  p_moved_at := case when p_moved_at >= attempt.created_at - interval '10 minutes' then least(p_moved_at, p_now) end;
  if p_says = 'paid' then
    of_group := p_source = 'query' or attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt);
    if of_group then perform lock_group_1(attempt.amount_cents); end if;
    perform lock_receipt_1(named);
  end if;
  perform from payments where id in (attempt.payment_id, (select d.payment_id from deposits d where d.receipt = named and p_says = 'paid')) order by id for update;
  select * into payment from payments where id = attempt.payment_id;
  select * into attempt from attempts where id = p_attempt for update;
  if p_says = 'paid' and (coalesce(p_receipt, attempt.told_receipt) is distinct from named
    or not of_group and (attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt))) then
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done anew
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
  "paymentId" := payment.id;
  verdict := case when attempt.id is null then 'no_attempt'
    else judge_stk_1(attempt, p_source, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_receipt, p_now) end;
  if verdict = 'pays' and attempt.state = 'paid' and (p_receipt is null or attempt.receipt = p_receipt) then verdict := 'known'; end if;
  if verdict = 'pays' and attempt.state = 'paid' then verdict := 'names'; end if; -- nothing new but its receipt
  duplicate := not keep_evidence_1(p_attempt, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'names') then
    "depositId" := take_success_1(attempt, payment, named, p_receipt is not null, p_shortcode, p_moved_at, p_now);
    update attempts set state = 'paid', live = false, receipt = coalesce(receipt, p_receipt), result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unread_payer' then
    -- the prompt is asked about now; the receipt waits for that
    update attempts set told_receipt = p_receipt, query_due_at = case when state = 'paid' then query_due_at else p_now end where id = attempt.id;
    if attempt.state = 'paid' then perform take_success_1(attempt, payment, p_receipt, false, p_shortcode, p_moved_at, p_now); end if;

  elsif verdict = 'fails' then
    update attempts set state = 'failed', live = false, result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    update payments set status = 'failed', failure_code = p_result_code
    where id = payment.id and latest_attempt_id = attempt.id and status in ('pending', 'unknown', 'failed', 'expired');
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unclear' then
    -- ask Safaricom now
    update attempts set query_due_at = p_now
    where id = attempt.id and p_source = 'callback' and state in ('requested', 'pending', 'unknown', 'expired');

  elsif verdict = 'known' then
    -- its first answer was perhaps lost before the money was allocated
    "depositId" := (select d.id from deposits d where d.attempt_id = p_attempt and d.allocation_due_at is not null and d.held_until is null);

  elsif not duplicate then
    -- a quarantine: what was read before, word for word, asks nobody again
    perform open_task_1('evidence_' || verdict, p_attempt::text, p_now);
    if p_receipt is not null then
      perform promise_1('ask-receipt:' || p_attempt || ':' || p_receipt, jsonb_build_object('kind', 'ask_receipt', 'receipt', p_receipt, 'attemptId', p_attempt), p_now);
    end if;
  end if;
  if verdict in ('pays', 'names', 'unread_payer') then perform recall_reversed_1(named, p_now); end if;
end $$;
--> statement-breakpoint
-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create or replace function take_success_1(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
  given deposits;  -- what signed statements show as given back of that receipt
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;
  given := holder;
  if holder.attempt_id is not null and holder.taken_back_at is not null then -- that prompt's own money was not given back
    perform free_receipt_1(holder.id, p_now);
    select * into holder from deposits where id = holder.id;
  end if;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_1(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null and holder.attempt_id is null and holder.id = payment.counted_deposit_id and holder.amount_cents = attempt.amount_cents
        and stands_in_1(holder) = 'spent' then
        perform gather_1(holder.id, p_shortcode, p_now);
        perform swap_names_1(own, holder, attempt, p_proves_receipt, p_moved_at, p_now);
        return (select id from deposits where id = own.id and allocated_at is null and merged_into is null);
      end if;
      -- the prompt that had it by a guess is nameless again, before what this one had by a guess may move there
      if holder.attempt_id is not null then perform unname_deposit_1(holder.id); end if;
      if own.receipt is not null then
        perform free_receipt_1(own.id, p_now);
        select * into own from deposits where attempt_id = attempt.id; -- it may have been taken back
      end if;
      if holder.attempt_id is null and holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_1(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    perform tell_moved_1(own.id, p_now);
    if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
    if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    perform unname_deposit_1(holder.id);
  elsif holder.id is not null and holder.amount_cents = attempt.amount_cents then
    perform gather_1(holder.id, p_shortcode, p_now); -- a notice may have lied about where it came
    if claim_deposit_1(holder, attempt, 'callback', p_now) then
      update deposits set receipt_proved_at = case when p_proves_receipt then coalesce(receipt_proved_at, p_now) else receipt_proved_at end,
        confirmation_due_at = case when p_proves_receipt or receipt_proved_at is not null then null else confirmation_due_at end where id = holder.id;
      perform count_deposit_1(holder.id, p_now);
      return (select id from deposits where id = holder.id and allocated_at is null);
    end if;
  end if;
  if p_receipt is null then
    -- a success without a name: it may have been told of by a notice
    for receipt in select * from find_receipts_1(attempt, p_shortcode) loop
      if claim_deposit_1(receipt, attempt, tie_of_1(receipt, attempt), p_now) then
        if receipt.receipt_proved_at is null or tie_of_1(receipt, attempt) = 'time' then perform doubt_receipt_1(attempt, receipt.id, p_shortcode, p_now); end if;
        perform count_deposit_1(receipt.id, p_now);
        return (select id from deposits where id = receipt.id and allocated_at is null);
      end if;
    end loop;
  end if;

  own.id := new_id_1(); own.source := 'stk'; own.attempt_id := attempt.id; own.payment_id := payment.id; own.amount_cents := attempt.amount_cents;
  own.shortcode := p_shortcode; own.moved_at := coalesce(p_moved_at, p_now); own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
  if holder.id is not null and holder.attempt_id is null then perform merge_deposit_1(holder.id, own.id, p_now); end if;
  if holder.amount_cents <> attempt.amount_cents then perform open_task_1('evidence_amount_differs', p_receipt, p_now); end if;
  if p_receipt is not null then
    own.receipt := p_receipt; own.tied_by := 'callback'; own.receipt_proved_at := case when p_proves_receipt then p_now end;
    own.confirmation_due_at := case when not p_proves_receipt then p_now + interval '2 minutes' end;
  end if;
  perform open_deposit_1(own, p_now);
  if p_receipt is null then
    perform match_left_over_1(attempt, p_shortcode, p_now);
    if exists (select from deposits d where d.id = own.id and d.receipt is null) then perform doubt_receipt_1(attempt, own.id, p_shortcode, p_now); end if;
  end if;
  perform count_deposit_1(own.id, p_now);
  if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
  if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
  if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
--> statement-breakpoint
-- A success has another receipt by a guess, and the money whose receipt its callback names has paid for the same thing already: the two change names. What was bought stays
-- bought with the money that came, and what the guess was about is a movement of its own.
create or replace function swap_names_1(
  own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz
) returns void language plpgsql as $$
declare
  place text := stands_in_1(own);
  guessed text := own.tied_by;
  nameless uuid;
begin
  update deposits set source = 'c2b', attempt_id = null, tied_by = null, echo_of = null, confirmation_due_at = case when receipt_proved_at is null then p_now end
  where id = own.id returning * into own;
  update deposits set attempt_id = attempt.id, tied_by = 'callback', held_until = null, moved_at = coalesce(p_moved_at, moved_at),
    receipt_proved_at = coalesce(receipt_proved_at, case when p_proves_receipt then p_now end),
    confirmation_due_at = case when receipt_proved_at is null and not p_proves_receipt then p_now + interval '2 minutes' end
  where id = holder.id;
  perform tell_moved_1(holder.id, p_now);
  perform prove_money_1(holder.id, p_now);
  perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
  if own.receipt_proved_at is null and own.confirmed_at is not null then perform disprove_money_1(own, p_now); end if;
  if guessed <> 'reference' and place not in ('spent', 'gone') then -- only that guess said for what it was
    if place <> 'clearing' then
      perform book_1('claimed', own.id, next_leg_1('claimed', own.id), place, 'clearing', own.amount_cents, p_now);
      perform close_tasks_1(array['unidentified_deposit', 'surplus_payment'], own.id::text, 'It is another movement than was thought.', p_now);
    end if;
    update deposits set payment_id = null, allocated_at = null, allocation_due_at = p_now, held_until = null where id = own.id;
  end if;
  select * into own from deposits where id = own.id;
  nameless := find_place_1(own, array[own.moved_at], false, array[holder.id], p_now);
  if nameless is not null and merge_deposit_1(own.id, nameless, p_now) then perform name_deposit_1(nameless, own, null, p_now); end if;
  if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
end $$;
--> statement-breakpoint
-- Whether money with this receipt may have been asked for by this prompt. Where no time is known the day in the receipt is compared, where that has none nothing but the payer.
create or replace function may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  case when cardinality(p_times) > 0 then fits_1(attempt, p_times, p_payer_hash, p_payer_tail)
    else coalesce(receipt_day_1(p_receipt) between ((attempt.created_at - interval '60 seconds') at time zone 'Africa/Nairobi')::date
        and (echo_until_1(attempt) at time zone 'Africa/Nairobi')::date, true)
      and may_be_from_1(attempt, p_payer_hash, p_payer_tail) end;
--> statement-breakpoint
-- The nameless success that this receipt may be the name of: of the same payment first, then of the same payer, then of the nearest time.
create or replace function find_nameless_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint
-- The success whose receipt is a guess and not proved: a proved receipt takes its place.
create or replace function find_guess_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and n.shortcode is not distinct from d.shortcode
    and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint
-- The receipt that a success had by a guess becomes a movement of its own again. It may be the name of another success. Where it was given back in the portal and taken back
-- already, its row is that movement, and the success is booked anew. Returns the success's row.
create or replace function free_receipt_1(p_deposit uuid, p_now timestamptz) returns uuid language plpgsql as $$
declare
  own deposits;
  freed deposits;
  nameless uuid;
begin
  select * into own from deposits where id = p_deposit;
  freed := as_freed_1(own, p_now);
  if own.taken_back_at is not null then
    update deposits set source = 'c2b', attempt_id = null, tied_by = null where id = own.id;
    own.id := freed.id; own.receipt := null; own.receipt_proved_at := null; own.tied_by := null; own.confirmation_due_at := null; own.taken_back_at := null; own.allocated_at := null;
    own.payer_name := null; own.payer_phone := null; own.payer_hash := null; own.payer_tail := null; own.reversed_elsewhere_at := null; own.reversed_elsewhere_cents := null;
    own.reversal_receipt := null; own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
    perform open_deposit_1(own, p_now);
    return own.id;
  end if;
  nameless := find_place_1(freed, array[freed.moved_at], false, array[own.id], p_now);
  perform unname_deposit_1(own.id);
  if nameless is not null then
    perform name_deposit_1(nameless, freed, own.tied_by, p_now);
    perform take_reversal_along_1(own.id, nameless, p_now);
  else
    perform open_deposit_1(freed, p_now);
    perform take_reversal_along_1(own.id, freed.id, p_now);
    if freed.reversed_elsewhere_at is not null then perform book_reversed_1(freed.id, p_now); end if;
  end if;
  if own.reversed_elsewhere_at is not null then perform book_reversed_1(own.id, p_now); end if;
  return own.id;
end $$;
--> statement-breakpoint
-- Makes a place for a receipt that fits none of `p_ends` (successes without a receipt, or with one that nobody has proved) itself: a success that it fits, whose receipt is a guess too and fits one of them, or another one whose receipt
-- does, and so on: each of these moves on by one. So n receipts that can be told apart fill n successes, in whatever order they come. It is looked for from the ends, all successes of one
-- distance at once, so that a crowd of one amount costs nothing where none of its receipts fits an end. `p_seen` is about to be left, and what is being given back does not move. Not `p_moves`: nothing is
-- moved, and the end is returned that could be reached if all could. Asked under the lock of the amount's group.
create or replace function make_place_1(
  d deposits, p_times timestamptz[], p_ends uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  reached uuid[] := p_ends;
  onward uuid[] := array_fill(null::uuid, array[cardinality(p_ends)]); -- where the receipt of each goes
  latest uuid[] := p_ends;
  places uuid[];
  way uuid[];
  own deposits;
begin
  while way is null loop
    select x.nearer, x.onward into latest, places from nearer_1(d, latest, reached, p_seen, p_moves, p_now) x;
    if latest is null then return null; end if;
    reached := reached || latest;
    onward := onward || places;
    select array[n.id] into way from deposits n join attempts a on a.id = n.attempt_id
    where n.id = any(latest) and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
    order by n.tied_by <> 'time', abs(extract(epoch from a.created_at - p_times[1])), n.id limit 1;
  end loop;
  while onward[array_position(reached, way[1])] is not null loop way := onward[array_position(reached, way[1])] || way; end loop;
  if not p_moves then return way[1]; end if;
  if exists (select from deposits n where n.id = way[1] and n.receipt is not null) then way[1] := free_receipt_1(way[1], p_now); end if;
  for at in 2 .. cardinality(way) loop -- the end comes first
    select * into own from deposits where id = way[at];
    perform unname_deposit_1(own.id);
    if own.reversed_elsewhere_at is not null then perform book_reversed_1(own.id, p_now); end if;
    perform name_deposit_1(way[at - 1], as_freed_1(own, p_now), null, p_now);
  end loop;
  return way[cardinality(way)];
end $$;
--> statement-breakpoint
-- The success that this receipt may be the name of: one that has none, or one that is left for it (make_place_1). `p_displaces`: a receipt that nobody has proved makes room as well.
create or replace function find_place_1(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  place uuid := find_nameless_1(d, p_times);
  ends uuid[];
begin
  if place is not null then return place; end if;
  if d.payment_id is null and not d.may_echo then return null; end if;
  ends := ends_1(d, p_now);
  if cardinality(ends) > 0 then place := make_place_1(d, p_times, ends, p_seen, true, p_now); end if;
  if place is not null or not p_displaces then return place; end if;
  place := find_guess_1(d, p_times);
  if place is not null and not place = any(p_seen) then
    return free_receipt_1(place, p_now);
  end if;
  ends := array(select n.id from deposits n where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents
    and n.shortcode is not distinct from d.shortcode and n.settled_at > p_now - interval '3 days' and not n.id = any(p_seen) order by n.id);
  return case when cardinality(ends) > 0 then make_place_1(d, p_times, ends, p_seen, true, p_now) end;
end $$;
--> statement-breakpoint
-- A success has no receipt, and none fits it that has no success: one that fits another success better, so that this one's moves here, may be there nevertheless. All receipts are
-- compared with all places at once: a stranger can make up many.
create or replace function match_left_over_1(attempt attempts, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  reached uuid[];
  success uuid;
begin
  d.amount_cents := attempt.amount_cents; d.shortcode := p_shortcode;
  reached := places_1(d, p_now);
  for d in
    with p as materialized (select a as attempt from deposits n join attempts a on a.id = n.attempt_id where n.id = any(reached)),
    o as materialized (select o as deposit, case when o.source = 'pull' then array[o.moved_at, o.moved_at + interval '3 hours'] else array[o.moved_at] end as times from deposits o
      where o.may_echo and o.attempt_id is null and o.payment_id is null and o.receipt is not null and o.merged_into is null and o.refuted_at is null and o.taken_back_at is null
        and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
        and o.moved_at between attempt.created_at - interval '6 hours' and attempt.created_at + interval '6 hours')
    select (o.deposit).* from o
    where exists (select from p where may_fit_1(p.attempt, o.times, (o.deposit).receipt, (o.deposit).payer_hash, (o.deposit).payer_tail))
    order by (o.deposit).receipt_proved_at is null, (o.deposit).id
  loop
    if stands_in_1(d) = 'spent' and (not exists (select from over_counter_1(d.id))
      or exists (select from payouts o where o.subject = d.id::text and o.state not in ('declined', 'rejected'))) then continue; end if;
    success := find_place_1(d, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, false, '{}', p_now);
    if success is not null and merge_deposit_1(d.id, success, p_now) then
      perform name_deposit_1(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A success learns a receipt, and what its notice says of the payer. The receipt is proved only if it is proved by itself: proof is never lent.
create or replace function name_deposit_1(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits n set receipt = d.receipt, receipt_proved_at = d.receipt_proved_at,
    tied_by = coalesce(p_tied_by, (select tie_of_1(d, a) from attempts a where a.id = n.attempt_id)),
    typed_reference = coalesce(d.typed_reference, n.typed_reference), payer_name = coalesce(d.payer_name, n.payer_name),
    payer_phone = coalesce(d.payer_phone, n.payer_phone), payer_hash = coalesce(d.payer_hash, n.payer_hash), payer_tail = coalesce(d.payer_tail, n.payer_tail),
    moved_at = coalesce(d.moved_at, n.moved_at), may_echo = d.may_echo,
    reversed_elsewhere_at = d.reversed_elsewhere_at, reversed_elsewhere_cents = d.reversed_elsewhere_cents, reversal_receipt = d.reversal_receipt,
    confirmation_tries = 0, confirmation_due_at = case when d.receipt_proved_at is null then p_now + interval '2 minutes' end
  where n.id = p_deposit;
  perform tell_moved_1(p_deposit, p_now);
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(p_deposit, p_now); end if;
  perform close_tasks_1(array['receipt_missing'], p_deposit::text, 'Its receipt is known.', p_now);
end $$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given back, is booked and becomes a person's
-- task. What is reversed leaves the float of the short code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
create or replace function settle_withdrawal_2(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  payout payouts;
  withdrawal withdrawals;
  told deposits;
  reversed deposits;
  payee_agrees boolean;
begin
  -- a prompt's success that has it by a guess looks for another name
  perform lock_group_1(d.amount_cents) from deposits d where d.receipt = p_receipt and d.attempt_id is not null;
  perform lock_receipt_1(p_receipt);
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_1(told.id, p_now);
      else
        perform merge_deposit_1(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = withdrawal.id;
    perform book_1('payout_released', withdrawal.id, 1, 'payout_reserve', payout.source_account, withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' and exists (select from statement_lines l where l.receipt = p_receipt and l.verdict = 'unlinked') then
    perform link_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), p_now); -- a statement had it without its payment
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_1(payout.id, null, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint
-- Compares the next lines of a statement with our books, oldest first: each gets one finding. test/statements/match-statement.ts says the same slowly and plainly.
create or replace function match_lines_1(p_statement uuid, p_limit int) returns int language plpgsql as $$
declare
  s statements;
  upto int;
  l statement_lines;
  payment uuid;
  movement uuid;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done >= s.line_count then return 0; end if;
  upto := least(s.done + p_limit, s.line_count);

  -- which payment a reversal gave back, where only another signed statement says it
  update statement_lines x set linked_receipt = known_link_1(x.receipt)
  where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is null;

  -- what the receipt decides
  update statement_lines x set movement_id = case when x.ordinal = 1 then coalesce(f.giving_back, f.movement_id) end, finding = case
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind -- the balance says that a line which repeats moved too
      when x.ordinal > 1 then 'duplicate'
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.given_back then 'agrees' when f.giving_back is not null then 'unresolved' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, left_under_1(w)) as amount_cents,
      exists (select from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid')
        or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
      unended_reversal_1(u.id) as giving_back
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null
        and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      left join withdrawals w on y.direction = 'out' and w.receipt = y.receipt and w.state = 'paid'
      -- what a reversal has undone
      left join deposits u on y.kind = 'reversal' and y.direction = 'out' and u.receipt = coalesce(y.linked_receipt, y.receipt) and u.merged_into is null
      left join withdrawals v on y.kind = 'reversal' and y.direction = 'in' and v.receipt = coalesce(y.linked_receipt, y.receipt)
    where y.statement_id = s.id and y.n > s.done and y.n <= upto
  ) f
  where x.statement_id = s.id and x.n = f.n;

  -- lines that may be the receipt of a success which has none: point by point in time, the success whose time ends first
  for l in
    select y.* from statement_lines y where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding is null and (
      y.direction = 'in' and y.kind in ('payment', 'organisation') and exists (select from deposits d
        where d.receipt is null and d.merged_into is null and d.amount_cents = y.amount_cents and d.shortcode = s.shortcode)
      or y.direction = 'out' and s.pays_out and y.kind in ('payout', 'unknown') and exists (select from withdrawals w
        where w.receipt is null and w.state in ('dispatched', 'unknown', 'paid') and w.amount_cents = y.amount_cents))
    order by y.n
  loop
    if l.direction = 'in' then
      select p.id into payment from payments p where p.reference = l.reference;
      select d.id into movement from deposits d join attempts a on a.id = d.attempt_id
      where d.receipt is null and d.merged_into is null and d.amount_cents = l.amount_cents and d.shortcode = s.shortcode
        and (d.payment_id = payment or payment is null and s.prompts and l.typed_reference is null and fits_1(a, array[l.completed_at], l.payer_hash, l.payer_tail))
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = d.id)
      order by echo_until_1(a), d.id limit 1;
    else
      select w.id into movement from withdrawals w
      where w.receipt is null and w.state = 'paid' and w.amount_cents = l.amount_cents
        and l.completed_at between w.dispatched_at - interval '60 seconds' and w.settled_at + interval '60 seconds'
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = w.id)
      order by w.settled_at, w.id limit 1;
    end if;
    if movement is not null then
      update statement_lines x set finding = 'names', movement_id = movement where x.statement_id = s.id and x.n = l.n;
    elsif l.direction = 'out' then
      update statement_lines x set finding = 'unresolved', movement_id = u.id
      from (select w.id from withdrawals w join payouts p on p.id = w.payout_id
        where w.receipt is null and w.state in ('dispatched', 'unknown') and p.kind <> 'reversal' and w.amount_cents = l.amount_cents
          and l.completed_at >= w.dispatched_at - interval '60 seconds'
          and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'unresolved' and o.movement_id = w.id)
        order by w.dispatched_at, w.id limit 1) u
      where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;

  update statement_lines x set finding = 'missing_here' where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.finding is null;
  update statements set done = upto where id = s.id;
  return upto - s.done;
end $$;
--> statement-breakpoint
-- Whether signed statements know this receipt as a movement between the organisation and its bank, or its own short codes, and none knows it as a payment. A charge bears the
-- receipt of what was charged.
create or replace function is_own_money_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from float_entry_lines x where x.receipt = p_receipt and x.kind in ('top_up', 'sweep'))
    and not is_signed_payment_1(p_receipt)
$$;
--> statement-breakpoint
-- Takes off what the books have as customers' money of the next lines of a statement that tell of the organisation's own.
create or replace function take_off_own_lines_1(s statements, p_upto int, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
begin
  for l in
    select x.n, x.receipt from statement_lines x join deposits d on d.receipt = x.receipt
    where x.statement_id = s.id and x.n > s.done and x.n <= p_upto and x.finding in ('sweep', 'top_up') and d.merged_into is null and d.taken_back_at is null
      and not is_signed_payment_1(x.receipt)
    order by d.amount_cents, x.receipt
  loop
    if not take_off_own_money_1(l.receipt, p_now) then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  end loop;
end $$;
--> statement-breakpoint
-- The entry of a line's days with its amount is the line's, whether it is booked or still waits to be decided. Null where there is none.
create or replace function take_exact_entry_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = p_key)
    or l.ordinal <= (select count(distinct x.line_key) from float_entry_lines x where x.receipt = l.receipt and x.kind = p_kind and x.shortcode = p_shortcode
      and x.line_cents = l.amount_cents and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = x.line_key)) then return 'known'; end if;

  select * into entry from float_entries e
  where e.shortcode = p_shortcode and e.kind = p_kind and e.amount_cents = l.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between own_day - 3 and own_day + 3 and not exists (select from float_entry_lines x where x.entry_id = e.id)
  order by e.state = 'booked' desc, abs(e.occurred_on - own_day), e.id limit 1 for update;
  if not found then return null; end if;
  update float_entries set line_key = p_key, receipt = l.receipt where id = entry.id;
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, l.amount_cents);
  if entry.state = 'booked' then
    perform date_entry_part_1(entry, l.completed_at, l.amount_cents);
    return 'agrees';
  end if;
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint
-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create or replace function settle_lines_1(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
declare
  s statements;
  l statement_lines;
  r record;
  upto int;
  says text;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found then return; end if;
  upto := least(s.done + p_limit, s.line_count);
  for r in
    select * from settle_receipts_1('statement', (
      select coalesce(jsonb_agg(proof_of_line_1(s, x)), '[]')
      from statement_lines x
      where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation')), p_now)
  loop
    update statement_lines x set verdict = r.verdict
    where x.statement_id = s.id and x.receipt = r.receipt and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
    "depositId" := r."depositId";
    if "depositId" is not null then return next; end if;
  end loop;

  if s.done = 0 then
    begin
      perform take_off_own_lines_1(s, s.line_count, p_now);
    exception when others then -- a line that raises does so again in its own turn
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  else
    perform take_off_own_lines_1(s, upto, p_now);
  end if;
  perform lock_receipt_1(x.receipt) from (select y.receipt from statement_lines y
    where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding in ('sweep', 'top_up') order by y.receipt) x;
  perform take_off_own_lines_1(s, upto, p_now); -- what was told meanwhile

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and (x.n <= upto or s.done = 0) and x.own_party is not null order by 1) c;
  if s.done = 0 then
    begin
      perform take_exact_entries_1(s, p_now);
    exception when others then -- the line that raised raises again in its turn below, and is passed over with a task
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  end if;
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('charge', 'sweep', 'top_up', 'unresolved') or x.finding = 'names' and x.direction = 'out') order by x.n
  loop
    if l.finding = 'unresolved' then -- its end is asked for again at once
      update withdrawals w set query_due_at = p_now where w.id = l.movement_id and w.state in ('dispatched', 'unknown');
      continue;
    end if;
    if l.finding = 'names' then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and not exists (select from withdrawals o where o.receipt = l.receipt)
        and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = case when found then 'names' else 'known' end where x.statement_id = s.id and x.n = l.n;
    else
      says := book_line_1(s, l, p_now);
      update statement_lines x set verdict = case says when 'known' then coalesce(l.verdict, says) else says end where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  -- a signed line shows that a receipt is our own money, as the books have it
  update reviews task set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement shows it as our own money.'
  where task.kind = 'evidence_own_payout' and task.closed_at is null and task.opened_at < p_now
    and task.subject in (select x.receipt from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('sweep', 'top_up') or exists (select from withdrawals w where w.receipt = x.receipt and w.state = 'paid' and left_under_1(w) = x.amount_cents and x.direction = 'out')))
    and not exists (select from deposits d where d.receipt = task.subject and d.merged_into is null and d.taken_back_at is null);
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint
-- Tasks for what a person must look at: one for each line, or where there are many one for the statement. What was told once about a receipt is not told again by an
-- overlapping statement; a further part that was given back of the same payment is. Money out that the books have meanwhile needs nobody.
create or replace function open_line_tasks_1(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz) returns void language plpgsql as $$
declare
  receipt text;
begin
  if p_kind = 'statement_money_out' then
    p_receipts := array(select r.code from unnest(p_receipts) with ordinality r (code, n) where not exists (select from withdrawals w where w.receipt = r.code) order by r.n);
  end if;
  if cardinality(p_receipts) > 20 then
    perform open_task_1(p_kind, p_statement::text, p_now);
    return;
  end if;
  foreach receipt in array p_receipts loop
    if not exists (select from reviews r where r.kind = p_kind and r.subject = receipt) or p_kind = 'statement_reversed' and tells_reversal_1(p_statement, receipt) then perform open_task_1(p_kind, receipt, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint
-- Ends a signed statement, once all its lines are settled: from now on it refutes what it should contain and does not, where it is of the account that customers pay into, whole by its
-- own figures, and joins the last signed one or says its opening balance itself. Tasks for what is left, and the end of those that asked for it. False while there is more to do.
create or replace function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null) then return false; end if;
  update statements set state = 'done', finished_at = p_now,
    refutes = s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and coalesce(follows_1(s), s.opening_told) and lists_payments_1(s)
  where id = s.id returning * into s;
  if not s.refutes then perform open_task_1('statement_incomplete', s.id::text, p_now); end if;
  if s.problem_count > 0 or exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'duplicate') then perform open_task_1('statement_doubtful', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'amount_differs') then perform open_task_1('statement_amount_differs', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'in' and l.kind not in ('payment', 'organisation')) then
    perform open_task_1('statement_line_unknown', s.id::text, p_now);
  end if;
  -- refuted money has tasks of its own; a success may have got its receipt meanwhile
  if exists (select from statement_absences a left join deposits d on d.id = a.movement_id where a.statement_id = s.id and a.proved
    and (a.direction = 'out' or d.merged_into is null and d.receipt is not distinct from a.receipt)) then
    perform open_task_1('statement_missing_there', s.id::text, p_now);
  end if;
  perform open_line_tasks_1('statement_reversed', s.id,
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and coalesce(l.verdict, '') not in ('taken_back', 'unlinked')
      order by l.n), p_now);
  perform tell_unlinked_1(s.id, p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement has settled it.'
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_covered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint
-- A receipt that Safaricom was asked to reverse gets another place: what was sent for it goes with it, so that it is not given back a second time, and a person looks at both.
-- What is not sent yet, or was surely refused, stays, and is not sent any more (receipt-moved.ts). Ask under the locks of both deposits.
create or replace function take_reversal_along_1(p_from uuid, p_to uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    select p.* from payouts p join deposits d on d.id = p_to
    where p.subject = p_from::text and p.kind = 'reversal' and p.receipt = d.receipt and p.state not in ('declined', 'rejected')
      and exists (select from withdrawals w where w.payout_id = p.id and w.state <> 'reserved')
    order by p.id
  loop
    update payouts set subject = p_to::text where id = o.id;
    perform open_task_1('reversal_of_another', o.id::text, p_now);
    if o.state = 'paid' then perform settle_moved_reversal_1(o.id, p_from, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint
-- Whether this money was given back already, so that it does not leave: `portal` (a signed statement shows it, and not all parts of it are booked), `perhaps` (a signed statement shows a reversal that may be
-- this one's: its line does not say of which payment, or nothing has proved a receipt of its prompt's own, and the receipt that was given back is told for something else, or not at all). Ask under its lock.
create or replace function given_back_1(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_1(d.id) then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and (exists (select from deposits o
        where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null)
      or exists (select from attempts a, statement_lines l join statements s on s.id = l.statement_id
        where a.id = d.attempt_id and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and s.shortcode = d.shortcode
          and l.amount_cents <= d.amount_cents and l.completed_at >= a.created_at and may_fit_1(a, '{}', coalesce(l.linked_receipt, l.receipt), null, null))) then 'perhaps'
    when unlinked_reversal_1(d) is not null then 'perhaps' end
$$;
--> statement-breakpoint
-- An earlier release left what statements show of a receipt on the deposit that had lost it, beside the one that has it now. It is taken off there, and booked back; what a
-- person had taken back for it is opened anew. The lines of the statements say whose it is. Safe to repeat.
create or replace function mend_copied_reversals_1(p_now timestamptz) returns int language plpgsql as $$
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
    perform not_given_back_1(d.id, p_now);
  end loop;
  return mended;
end $$;
--> statement-breakpoint
-- Settles the next line of a signed statement that shows a customer's payment as given back in the portal: false when there is none left. The payment is proved and locked:
-- it cannot leave a second time. taken_back, locked: as recall_reversed_1. ours: we had asked for it. unknown: nobody has told us of the payment. other_shortcode: it came to
-- another one. Both are looked at again when it is heard of. unlinked: nobody has said which payment it was, and what left is booked all the same.
create or replace function settle_reversed_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
  l statement_lines;
  paid statement_lines;
  d deposits;
  r record;
  given_back text;
begin
  select * into s from statements where id = p_statement and state in ('signed', 'done') for update;
  if not found then return false; end if;
  select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  if not found then -- what agrees without it says of another statement's line which payment it was
    select * into l from statement_lines x where x.statement_id = s.id and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null
      and exists (select from statement_lines y where y.receipt = x.receipt and y.verdict = 'unlinked') limit 1;
    if found then perform link_reversal_1(l.receipt, l.linked_receipt, p_now); end if;
    return found;
  end if;
  l.linked_receipt := coalesce(l.linked_receipt, known_link_1(l.receipt));
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  perform lock_receipt_1(l.receipt);
  if paid.n is not null then
    select * into r from settle_receipts_1('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif l.linked_receipt is not null and exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and (o.shortcode = s.shortcode or o.receipt_proved_at is null) and o.taken_back_at is null) then
    -- what is given back whole has come, and came here
    perform settle_receipts_1('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', s.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  if l.linked_receipt is null and d.receipt_proved_at is null then
    return settle_unlinked_1(s, l, p_now);
  end if;
  perform link_reversal_1(l.receipt, given_back, p_now);
  if unended_reversal_1(d.id) is not null and coalesce(d.shortcode = s.shortcode, true) then
    update withdrawals w set query_due_at = p_now where w.id = unended_reversal_1(d.id);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_1(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  end if;
  update statement_lines x set movement_id = d.id, verdict = case
      when d.id is null then 'unknown'
      when d.shortcode <> s.shortcode then 'other_shortcode'
      when exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text and w.state = 'paid') then 'ours'
      else 'locked' end
  where x.statement_id = s.id and x.n = l.n returning * into l;
  if l.verdict = 'ours' then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  if l.verdict = 'locked' then perform recall_reversed_1(given_back, p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- Ends the lines that may be payouts of ours, when Safaricom has said how those ended: one that was not paid, or by another receipt, did not take this money. While it says nothing
-- there is a task.
create or replace function settle_unresolved_1(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.linked_receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown')) then
      if l.decided_at < p_now - interval '15 minutes' and not exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid'
      and case l.kind when 'reversal' then l.linked_receipt is not null or w.receipt = l.receipt else coalesce(w.receipt, l.receipt) = l.receipt end) then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and l.kind <> 'reversal'
        and not exists (select from withdrawals o where o.receipt = l.receipt) and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_1(l.statement_id, p_now);
      perform open_line_tasks_1('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict not in ('taken_back', 'unlinked')), p_now);
      perform tell_unlinked_1(l.statement_id, p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_1('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
-- Takes money that is not there back off the books: what was refuted, and what a signed statement shows as given back whole in the portal, wherever it stands: suspense, the customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent
-- meanwhile becomes a receivable with a task: no balance goes below zero silently. Repayments of loans are reversed before (take-back-deposit.ts), into suspense. The
-- payment is `reversed` and never open again; its invoice gets a credit note. Returns false when the deposit is neither, or was taken back before.
create or replace function take_back_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  from_account text; -- what it is not in: told money; for what was given back, whoever owes it (reverse-elsewhere.sql)
  given_back boolean;
  place record;
  holds bigint;
  leg int := 0;
  left_cents bigint;
  paid uuid[]; -- payments that it may count for
  sources text[]; -- whose transfers moved its money
  payment payments;
  other deposits;
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
  note uuid;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and taken_back_at is null
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null and parts_given_back_1(id) = 0) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_1(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  -- what was bought with it stays bought where other money for the same came: it waits in the customer's credit
  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.status = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') and d.allocated_at is not null
    order by p.id for update
  loop
    for other in select * from deposits o where o.payment_id = payment.id and o.id <> d.id and o.refuted_at is null and o.merged_into is null and o.reversed_elsewhere_at is null
      and o.amount_cents >= payment.amount_cents order by o.confirmed_at, o.settled_at, o.id for update
    loop
      if stands_in_1(other) = 'customer_credit' then
        perform swap_counted_1(payment, d, other, p_now);
        exit;
      end if;
    end loop;
  end loop;

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it. What it had repaid of loans is all in suspense (`unmatch`), whatever corrections had moved of it meanwhile
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected')
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected', 'unmatch')
      union all select l.account, l.cents from payments p, sale_legs_1(p, p.settled_at) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
        and exists (select from invoices i where i.payment_id = p.id and i.kind <> 'credit_note')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where o.subject = d.id::text and o.payment_id is null -- refunds of a counter sale
    )
    select account, sum(amount_cents)::bigint as cents from moved
    where account <> 'clearing' and account not like 'paybill_%' group by account having sum(amount_cents) > 0 order by account
  loop
    exit when left_cents = 0;
    perform from accounts where id = place.account for no key update;
    holds := case when place.account like 'savings:%' or place.account in ('booking_escrow', 'booking_payable', 'customer_credit', 'suspense') then greatest(0, -held_1(place.account))
      else place.cents end;
    -- what was given back of it, or paid on, is not there any more
    holds := least(holds, place.cents - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject = any(sources) and o.source_account = place.account and o.state not in ('declined', 'rejected')), left_cents);
    if place.account = 'booking_escrow' and not exists (select from bookings b join payments p on p.id = b.id where p.id = any(paid) and p.counted_deposit_id = d.id and b.state in ('held', 'disputed')) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
      perform promise_notice_1('savings_taken_back', d.id, null, a.member_id, false, p_now) from member_accounts a where place.account = 'savings:' || a.id;
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = case when given_back then 'reversed_elsewhere' else 'refuted' end where id = payment.id;
    perform record_1('payment_reversed', payment.id, payment.status, 'reversed', p_now);
    update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = payment.id and state in ('held', 'disputed');
    if found then perform record_1('booking_expired', payment.id, 'held', 'expired', p_now); end if;
    select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
    rest := rest_of_invoice_1(invoice, payment.language);
    if rest.total_cents > 0 then
      note := new_id_1();
      insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
      values (note, payment.id, 'credit_note', invoice.id, rest.lines, rest.vat, rest.total_cents, rest.rounding_cents, p_now);
      if payment.email is not null then perform promise_1('credit_note:' || d.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
    end if;
  end loop;
  update deposits set taken_back_at = p_now where id = d.id;
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- What was given back in the portal, by a signed statement, of payments that were heard of later.
select recall_reversed_1(x.receipt, now()) from (
  select distinct coalesce(l.linked_receipt, l.receipt) as receipt from statement_lines l
  where l.finding = 'reversed' and l.direction = 'out' and l.verdict is not null) x;
--> statement-breakpoint
-- Reversals of signed statements that do not say which payment they gave back: what left is booked, and nothing leaves that they may have given back.
update statement_lines l set verdict = 'unlinked', movement_id = null from statements s
where s.id = l.statement_id and s.state in ('signed', 'done') and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and l.linked_receipt is null;
--> statement-breakpoint
select link_reversal_1(x.receipt, known_link_1(x.receipt), now())
from (select distinct l.receipt from statement_lines l where l.verdict = 'unlinked') x where known_link_1(x.receipt) is not null;
--> statement-breakpoint
select book_unlinked_1(x.receipt, now()) from (select distinct l.receipt from statement_lines l where l.verdict = 'unlinked') x;
--> statement-breakpoint
update reviews r set words = 'The statement does not say which payment this reversal gave back: it has no "Linked Transaction ID". Export the full statement of that time from the portal, import it and have it signed. '
  || 'Or say which payment it was: POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then nothing leaves that it may have given back.'
where r.kind = 'statement_reversed' and r.closed_at is null and r.words is null and exists (select from statement_lines l where l.receipt = r.subject and l.verdict = 'unlinked');
--> statement-breakpoint
-- The tasks of surpluses that closed with a part of them.
insert into reviews (id, kind, subject, opened_at)
select new_id_1(), 'surplus_payment', d.id::text, now() from deposits d
where d.merged_into is null and d.taken_back_at is null
  and exists (select from reviews r where r.kind = 'surplus_payment' and r.subject = d.id::text and r.closed_by = 'safaricom' and r.note = 'given back')
  and (select coalesce(sum(case t.credit_account when 'customer_credit' then t.amount_cents else -t.amount_cents end), 0) from transfers t
       where t.source_id = d.id::text and t.kind in ('surplus', 'swapped', 'claimed', 'merged', 'taken_back') and 'customer_credit' in (t.debit_account, t.credit_account))
    > (select coalesce(sum(o.amount_cents), 0) from payouts o where o.subject = d.id::text and o.source_account = 'customer_credit' and o.state not in ('declined', 'rejected'))
on conflict (kind, subject) where closed_at is null do nothing;
--> statement-breakpoint
-- What was given back in the portal and never had a task.
select open_task_1('statement_reversed', d.receipt, now()) from deposits d
where d.reversed_elsewhere_at is not null and d.taken_back_at is null and d.merged_into is null and d.confirmed_at is not null and d.receipt is not null
  and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_1(d.id)
  and not exists (select from reviews r where r.kind = 'statement_reversed' and r.subject = d.receipt);
