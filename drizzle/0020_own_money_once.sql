CREATE TABLE "float_entry_lines" (
	"line_key" text NOT NULL,
	"entry_id" uuid NOT NULL,
	"shortcode" text NOT NULL,
	"kind" text NOT NULL,
	"receipt" text NOT NULL,
	"moved_at" timestamp with time zone NOT NULL,
	"line_cents" bigint NOT NULL,
	"cents" bigint NOT NULL,
	CONSTRAINT "float_entry_lines_pk" PRIMARY KEY("line_key","entry_id")
);
--> statement-breakpoint
DROP INDEX "float_entries_receipt";--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "explains_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "statement_lines" ADD COLUMN "own_party" text;--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "unbroken" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "float_entry_lines" ADD CONSTRAINT "float_entry_lines_entry_id_float_entries_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."float_entries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "float_entry_lines_entry" ON "float_entry_lines" USING btree ("entry_id");--> statement-breakpoint
CREATE INDEX "float_entry_lines_receipt" ON "float_entry_lines" USING btree ("receipt");--> statement-breakpoint
CREATE INDEX "float_entry_lines_charges" ON "float_entry_lines" USING btree ("shortcode","moved_at") WHERE "float_entry_lines"."kind" = 'charge';--> statement-breakpoint
update statements set unbroken = whole;
--> statement-breakpoint
-- When the money of these moved is not known any more.
update float_entries set explains_from = 'epoch' where proved_by = 'balance';
--> statement-breakpoint
insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
select line_key, id, shortcode, kind, coalesce(receipt, ''), coalesce(occurred_at, booked_at, asked_at), amount_cents, amount_cents from float_entries where line_key is not null;
--> statement-breakpoint
-- Books what a line tells of the organisation's own money at a short code, once. What people have booked of it is this line's: the entry of its days with its amount, else
-- what the entries that explain the balance of its time have, and no other line has told. Only the rest is booked for the line. The entry's accounts are those of
-- book_float_entry_1.
create or replace function book_own_money_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
  rest bigint := l.amount_cents;
  part bigint;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = p_key)
    or exists (select from float_entry_lines x where x.receipt = l.receipt and x.kind = p_kind and x.shortcode = p_shortcode and x.line_cents = l.amount_cents
      and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = x.line_key)) then return 'known'; end if;

  select * into entry from float_entries e
  where e.shortcode = p_shortcode and e.kind = p_kind and e.amount_cents = l.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between own_day - 3 and own_day + 3 and not exists (select from float_entry_lines x where x.entry_id = e.id)
  order by e.state = 'booked' desc, abs(e.occurred_on - own_day), e.id limit 1 for update;
  if found then
    update float_entries set line_key = p_key, receipt = l.receipt where id = entry.id;
    insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
    values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, l.amount_cents);
    if entry.state = 'booked' then return 'agrees'; end if;
    perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
    return 'booked';
  end if;

  for entry in
    select * from float_entries e
    where e.shortcode = p_shortcode and e.kind = p_kind and e.line_key is null and e.state = 'booked' and case
      when e.explains_from is not null then l.completed_at > e.explains_from and l.completed_at <= e.occurred_at + interval '1 minute'
      -- charges may be entered as the sum of a month
      else e.occurred_on between own_day - 3 and own_day + case p_kind when 'charge' then 31 else 3 end end
    order by e.occurred_on, e.id for update
  loop
    part := least(rest, entry.amount_cents - (select coalesce(sum(x.cents), 0) from float_entry_lines x where x.entry_id = entry.id));
    continue when part <= 0;
    insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
    values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, part);
    rest := rest - part;
    exit when rest = 0;
  end loop;
  if rest = 0 then return 'agrees'; end if;

  entry.id := new_id_1();
  insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at, line_key, receipt)
  values (entry.id, p_shortcode, p_kind, rest, own_day, 'asked', s.uploaded_by, s.uploaded_at, p_key, l.receipt);
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, rest);
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint
-- Books a line of the organisation's own money. What moved between two own short codes left the one as it came to the other: both legs are booked, whichever is told first.
create or replace function book_line_1(s statements, l statement_lines, p_now timestamptz) returns text language plpgsql as $$
begin
  if l.own_party is not null then
    perform book_own_money_1(s, l, l.line_key || ':other leg', l.own_party, case l.kind when 'top_up' then 'sweep' else 'top_up' end, p_now);
  end if;
  return book_own_money_1(s, l, l.line_key, s.shortcode, l.kind, p_now);
end $$;
--> statement-breakpoint
-- Whether a statement's opening balance is what the last signed one of its account has for that moment. Nothing where there is none before it.
create or replace function follows_1(s statements) returns boolean language plpgsql stable as $$
declare
  before statements;
  -- one that does not say its period begins with its oldest line
  begins timestamptz := coalesce(s.covers_from, (select min(l.completed_at) from statement_lines l where l.statement_id = s.id));
begin
  select * into before from statements b
  where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and b.covers_from <= begins and b.opening_cents is not null
  order by b.covers_to desc, b.id desc limit 1;
  if not found then return null; end if;
  return s.opening_cents = coalesce((select l.balance_cents from statement_lines l where l.statement_id = before.id and l.completed_at < begins order by l.n desc limit 1),
    before.opening_cents);
end $$;
--> statement-breakpoint
-- The other short code of ours that a statement is about, by a payment of it that is proved to have come there. Nothing where it is about its own, as far as the books know.
create or replace function belongs_to_1(s statements) returns text language sql stable as $$
  select d.shortcode from statement_lines l join deposits d on d.receipt = l.receipt
  where l.statement_id = s.id and l.direction = 'in' and l.kind in ('payment', 'organisation') and d.receipt_proved_at is not null and d.merged_into is null and d.shortcode <> s.shortcode
  limit 1
$$;
--> statement-breakpoint
-- Whether a statement is of the account that customers pay into: that is the one whose signed statements list their payments. What the others do not contain says nothing.
create or replace function lists_payments_1(s statements) returns boolean language sql stable as $$
  select exists (select from statements o join statement_lines l on l.statement_id = o.id
    where o.shortcode = s.shortcode and o.account is not distinct from s.account and (o.id = s.id or o.state in ('signed', 'done')) and l.direction = 'in' and l.kind = 'payment')
$$;
--> statement-breakpoint
-- Whether signed statements of the account that takes payments cover these days of Nairobi, both included, without a gap.
create or replace function is_covered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable as $$
  select coalesce(range_agg(tstzrange(s.covers_from, s.covers_to + interval '1 second')) @> tstzrange(p_from::timestamp at time zone 'Africa/Nairobi', (p_to + 1)::timestamp at time zone 'Africa/Nairobi'), false)
  from statements s
  where s.shortcode = p_shortcode and s.state = 'done' and s.covers_from is not null
    and (coalesce(s.account, 'utility') in ('utility', 'merchant') or s.account = 'working' and s.pays_out and not s.prompts)
$$;
--> statement-breakpoint
-- Ends the comparing of a statement: which movements of ours it does not contain, as far as it can say, and the task for a second person. False while there is more to compare.
create or replace function end_matching_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done < s.line_count then return false; end if;
  -- customers' money comes to one account, and to no other
  if s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and lists_payments_1(s) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, d.id, 'in', d.receipt, d.amount_cents, coalesce(d.moved_at, d.settled_at), d.confirmed_at is not null
    from deposits d
    where d.shortcode = s.shortcode and d.merged_into is null and d.taken_back_at is null and coalesce(d.moved_at, d.settled_at) between s.covers_from and s.covers_to
      -- a receipt alone is no line: charges and own money bear the receipts of payments
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'in' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  -- payouts may leave from another account than this one: only one that shows some of them can miss others
  if s.whole and s.pays_out and exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.finding in ('agrees', 'names')) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, w.id, 'out', w.receipt, w.amount_cents, coalesce(w.moved_at, w.settled_at), true
    from withdrawals w
    where w.state = 'paid' and w.dispatched_at >= s.covers_from and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- given back: its line may bear the receipt of the payment
      and not exists (select from payouts o join statement_lines l on l.movement_id::text = o.subject where o.id = w.payout_id and o.kind = 'reversal' and l.statement_id = s.id and l.kind = 'reversal')
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;
