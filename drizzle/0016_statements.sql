CREATE TABLE "statement_absences" (
	"statement_id" uuid NOT NULL,
	"movement_id" uuid NOT NULL,
	"direction" text NOT NULL,
	"receipt" text,
	"amount_cents" bigint NOT NULL,
	"moved_at" timestamp with time zone NOT NULL,
	"proved" boolean NOT NULL,
	CONSTRAINT "statement_absences_pk" PRIMARY KEY("statement_id","movement_id")
);
--> statement-breakpoint
CREATE TABLE "statement_lines" (
	"statement_id" uuid NOT NULL,
	"n" integer NOT NULL,
	"line_number" integer NOT NULL,
	"line_key" text NOT NULL,
	"receipt" text NOT NULL,
	"completed_at" timestamp with time zone NOT NULL,
	"direction" text NOT NULL,
	"amount_cents" bigint NOT NULL,
	"balance_cents" bigint,
	"kind" text NOT NULL,
	"ordinal" integer NOT NULL,
	"linked_receipt" text,
	"details" text,
	"reference" text,
	"standing" text,
	"typed_reference" text,
	"payer_name" text,
	"payer_phone" text,
	"payer_hash" text,
	"payer_tail" text,
	"finding" text,
	"movement_id" uuid,
	"verdict" text,
	CONSTRAINT "statement_lines_pk" PRIMARY KEY("statement_id","n")
);
--> statement-breakpoint
CREATE TABLE "statement_parts" (
	"statement_id" uuid NOT NULL,
	"part" integer NOT NULL,
	"bytes" integer NOT NULL,
	"hash" text NOT NULL,
	"packed" text NOT NULL,
	CONSTRAINT "statement_parts_pk" PRIMARY KEY("statement_id","part")
);
--> statement-breakpoint
CREATE TABLE "statements" (
	"id" uuid PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"file_name" text NOT NULL,
	"parts" integer NOT NULL,
	"file_hash" text,
	"shortcode" text,
	"prompts" boolean DEFAULT false NOT NULL,
	"pays_out" boolean DEFAULT false NOT NULL,
	"account" text,
	"layout" text,
	"covers_from" timestamp with time zone,
	"covers_to" timestamp with time zone,
	"opening_cents" bigint,
	"closing_cents" bigint,
	"opening_told" boolean DEFAULT false NOT NULL,
	"whole" boolean DEFAULT false NOT NULL,
	"refutes" boolean,
	"line_count" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"refused_code" text,
	"refused_why" text,
	"problems" text,
	"problem_count" integer DEFAULT 0 NOT NULL,
	"uploaded_by" text NOT NULL,
	"uploaded_at" timestamp with time zone NOT NULL,
	"decided_by" text,
	"decided_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	"leased_until" timestamp with time zone,
	CONSTRAINT "statements_state" CHECK ("statements"."state" in ('receiving', 'waiting', 'reading', 'matching', 'matched', 'signed', 'done', 'refused', 'discarded')),
	CONSTRAINT "statements_signed_by_two" CHECK ("statements"."state" not in ('signed', 'done') or "statements"."decided_by" <> "statements"."uploaded_by")
);
--> statement-breakpoint
ALTER TABLE "statement_absences" ADD CONSTRAINT "statement_absences_statement_id_statements_id_fk" FOREIGN KEY ("statement_id") REFERENCES "public"."statements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "statement_lines" ADD CONSTRAINT "statement_lines_statement_id_statements_id_fk" FOREIGN KEY ("statement_id") REFERENCES "public"."statements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "statement_parts" ADD CONSTRAINT "statement_parts_statement_id_statements_id_fk" FOREIGN KEY ("statement_id") REFERENCES "public"."statements"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "statement_lines_movement" ON "statement_lines" USING btree ("statement_id","movement_id") WHERE "statement_lines"."movement_id" is not null;--> statement-breakpoint
CREATE INDEX "statement_lines_receipt" ON "statement_lines" USING btree ("receipt");--> statement-breakpoint
CREATE INDEX "statement_lines_finding" ON "statement_lines" USING btree ("statement_id","finding","n") WHERE "statement_lines"."finding" not in ('agrees', 'charge');--> statement-breakpoint
CREATE UNIQUE INDEX "statements_file" ON "statements" USING btree ("file_hash") WHERE "statements"."state" not in ('refused', 'discarded');--> statement-breakpoint
CREATE INDEX "statements_open" ON "statements" USING btree ("id") WHERE "statements"."state" in ('waiting', 'reading', 'matching', 'signed');--> statement-breakpoint
CREATE INDEX "statements_covering" ON "statements" USING btree ("shortcode","covers_from") WHERE "statements"."state" in ('signed', 'done');
--> statement-breakpoint
-- Compares the next lines of a statement with our books, oldest first: each gets one finding. test/statements/match-statement.ts says the same slowly and plainly.
create function match_lines_1(p_statement uuid, p_limit int) returns int language plpgsql as $$
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

  -- what the receipt decides
  update statement_lines x set movement_id = case when x.ordinal = 1 then f.movement_id end, finding = case
      when x.ordinal > 1 then 'duplicate'
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.given_back then 'agrees' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, w.amount_cents) as amount_cents,
      exists (select from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid') as given_back
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null and d.taken_back_at is null
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
      or y.direction = 'out' and s.pays_out and y.kind in ('payout', 'unknown') and exists (select from withdrawals w where w.receipt is null and w.state = 'paid' and w.amount_cents = y.amount_cents))
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
    if movement is not null then update statement_lines x set finding = 'names', movement_id = movement where x.statement_id = s.id and x.n = l.n; end if;
  end loop;

  update statement_lines x set finding = 'missing_here' where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.finding is null;
  update statements set done = upto where id = s.id;
  return upto - s.done;
end $$;
--> statement-breakpoint

-- Ends the comparing of a statement: which movements of ours it does not contain, as far as it can say, and the task for a second person. False while there is more to compare.
create function end_matching_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done < s.line_count then return false; end if;
  -- money comes to the account that takes payments, and to no other
  if s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') then
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
    select s.id, w.id, 'out', w.receipt, w.amount_cents, w.settled_at, true
    from withdrawals w
    where w.state = 'paid' and w.dispatched_at >= s.covers_from and w.settled_at between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- given back: its line may bear the receipt of the payment
      and not exists (select from payouts o join statement_lines l on l.movement_id::text = o.subject where o.id = w.payout_id and o.kind = 'reversal' and l.statement_id = s.id and l.kind = 'reversal')
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;

--> statement-breakpoint
-- Books a line of the organisation's own money once: what a person has asked for or booked in these days is this line's, else it is booked for the line. The entry's accounts
-- are those of book_float_entry_1.
create function book_line_1(s statements, l statement_lines, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entries e where e.line_key = l.line_key)
    or exists (select from float_entries e where e.receipt = l.receipt and e.kind = l.kind and e.shortcode = s.shortcode and e.amount_cents = l.amount_cents and e.line_key is not null
      and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = e.line_key)) then return 'known'; end if;
  select * into entry from float_entries e
  where e.shortcode = s.shortcode and e.kind = l.kind and e.amount_cents = l.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between own_day - 3 and own_day + 3
  order by e.state = 'booked' desc, abs(e.occurred_on - own_day), e.id limit 1 for update;
  if found then
    update float_entries set line_key = l.line_key, receipt = l.receipt where id = entry.id;
    if entry.state = 'booked' then return 'agrees'; end if;
  else
    entry.id := new_id_1();
    insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at, line_key, receipt)
    values (entry.id, s.shortcode, l.kind, l.amount_cents, own_day, 'asked', s.uploaded_by, s.uploaded_at, l.line_key, l.receipt);
  end if;
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when l.kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint

-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create function settle_lines_1(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
declare
  s statements;
  l statement_lines;
  r record;
  upto int;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found then return; end if;
  upto := least(s.done + p_limit, s.line_count);
  for r in
    select * from settle_receipts_1('statement', (
      select coalesce(jsonb_agg(jsonb_build_object('receipt', x.receipt, 'amount', x.amount_cents, 'reference', x.reference, 'standing', x.standing, 'typed', x.typed_reference,
        'payer_name', x.payer_name, 'payer_phone', x.payer_phone, 'payer_hash', x.payer_hash, 'payer_tail', x.payer_tail, 'shortcode', s.shortcode, 'prompts', s.prompts,
        'times', jsonb_build_array(x.completed_at))), '[]')
      from statement_lines x
      where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation')), p_now)
  loop
    update statement_lines x set verdict = r.verdict
    where x.statement_id = s.id and x.receipt = r.receipt and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
    "depositId" := r."depositId";
    if "depositId" is not null then return next; end if;
  end loop;

  perform pg_advisory_xact_lock(hashtextextended('float:' || s.shortcode, 0)); -- a line is booked by one statement
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('charge', 'sweep', 'top_up') or x.finding = 'names' and x.direction = 'out') order by x.n
  loop
    if l.finding = 'names' then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and not exists (select from withdrawals o where o.receipt = l.receipt)
        and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = case when found then 'names' else 'known' end where x.statement_id = s.id and x.n = l.n;
    else
      update statement_lines x set verdict = book_line_1(s, l, p_now) where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint

-- Whether a statement's opening balance is what the last signed one of its account has for that moment. The first of an account has none before it, and must say its
-- opening balance itself.
create function joins_1(s statements) returns boolean language plpgsql stable as $$
declare
  before statements;
begin
  select * into before from statements b
  where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and b.covers_from <= s.covers_from and b.opening_cents is not null
  order by b.covers_to desc, b.id desc limit 1;
  if not found then return s.opening_told; end if;
  return s.opening_cents = coalesce((select l.balance_cents from statement_lines l where l.statement_id = before.id and l.completed_at < s.covers_from order by l.n desc limit 1),
    before.opening_cents);
end $$;
--> statement-breakpoint

-- Tasks for what a person must look at: one for each line, or where there are many one for the statement. What was told once about a receipt is not told again by an
-- overlapping statement.
create function open_line_tasks_1(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz) returns void language plpgsql as $$
declare
  receipt text;
begin
  if cardinality(p_receipts) > 20 then
    perform open_task_1(p_kind, p_statement::text, p_now);
    return;
  end if;
  foreach receipt in array p_receipts loop
    if not exists (select from reviews r where r.kind = p_kind and r.subject = receipt) then perform open_task_1(p_kind, receipt, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint

-- Ends a signed statement, once all its lines are settled and what it refutes is refuted: tasks for what is left, and the end of those that asked for it. False while there is more to do.
create function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  update statements set state = 'done', finished_at = p_now where id = s.id;
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
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' order by l.n), p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_covered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint

-- Whether signed statements of the account that takes payments cover these days of Nairobi, both included, without a gap.
create function is_covered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable as $$
  select coalesce(range_agg(tstzrange(s.covers_from, s.covers_to + interval '1 second')) @> tstzrange(p_from::timestamp at time zone 'Africa/Nairobi', (p_to + 1)::timestamp at time zone 'Africa/Nairobi'), false)
  from statements s
  where s.shortcode = p_shortcode and s.state = 'done' and s.covers_from is not null and coalesce(s.account, 'utility') in ('utility', 'merchant', 'working')
$$;
