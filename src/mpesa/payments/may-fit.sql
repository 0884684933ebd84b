-- How long the receipt of a prompt may still be on its way: a notice of that time may be its echo.
create function echo_until_1(attempt attempts) returns timestamptz language sql stable return
  coalesce(attempt.payable_until, attempt.created_at + interval '180 seconds') + interval '60 seconds';
--> statement-breakpoint

-- Whether money that moved then may have been asked for by this prompt. A time may be readable in two ways: either will do. Without a query inside, so that PostgreSQL writes it into the caller's.
create function fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  (coalesce(p_times[1] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false)
    or coalesce(p_times[2] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false))
  and coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- Whether this payer may be who was prompted: nobody else can pay a prompt.
create function may_be_from_1(attempt attempts, p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- Whether money with this receipt may have been asked for by this prompt. Where no time is known the day in the receipt is compared, where that has none nothing but the payer.
create function may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  case when cardinality(p_times) > 0 then fits_1(attempt, p_times, p_payer_hash, p_payer_tail)
    else coalesce(receipt_day_1(p_receipt) between ((attempt.created_at - interval '60 seconds') at time zone 'Africa/Nairobi')::date
        and (echo_until_1(attempt) at time zone 'Africa/Nairobi')::date, true)
      and may_be_from_1(attempt, p_payer_hash, p_payer_tail) end;
--> statement-breakpoint

-- The time of a movement as far as it can be relied upon. A proof that does not say who paid, and when, leaves a deposit without hash and tail (settle_receipt_2): what a notice
-- has said of its time is not relied upon then either.
create function sure_times_1(d deposits) returns timestamptz[] language sql immutable return
  case when d.payer_hash is null and d.payer_tail is null then '{}'::timestamptz[] else array[d.moved_at] end;
--> statement-breakpoint

-- The time of a receipt that a success has by a guess, as far as it is known: the clock of a pull may be three hours off.
create function times_of_1(d deposits) returns timestamptz[] language sql stable return
  case when d.receipt_proved_at is null then array[d.moved_at] else array[d.moved_at, d.moved_at + interval '3 hours'] end;
--> statement-breakpoint

-- Whether this receipt, which bears the reference of the payment `p_for` or none, may be that of a success of `p_payment`: nobody else paid it as far as is proved.
create function may_name_1(d deposits, p_for uuid, p_times timestamptz[], p_payment uuid, attempt attempts) returns boolean language sql stable return
  coalesce(p_payment = p_for, false) and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
  or p_for is null and d.may_echo and may_fit_1(attempt, p_times, d.receipt, d.payer_hash, d.payer_tail);
