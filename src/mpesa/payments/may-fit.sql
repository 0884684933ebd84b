-- Until when the receipt of a prompt may still arrive: a notice whose time is not later may be its echo.
create function echo_until_1(attempt attempts) returns timestamptz language sql stable return
  coalesce(attempt.payable_until, attempt.created_at + interval '180 seconds') + interval '60 seconds';
--> statement-breakpoint

-- Whether this prompt may have asked for money that moved at one of these times, paid by this payer. A time that can be read in two ways needs to fit in one. Contains no
-- query, so that PostgreSQL can inline it.
create function fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  (coalesce(p_times[1] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false)
    or coalesce(p_times[2] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false))
  and coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- Whether this payer may be the one who was prompted: nobody else can pay a prompt.
create function may_be_from_1(attempt attempts, p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- Whether this prompt may have asked for the money of this receipt. If no time is known, the day in the receipt is compared together with the payer; if the receipt
-- shows no day, the payer alone.
create function may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  case when cardinality(p_times) > 0 then fits_1(attempt, p_times, p_payer_hash, p_payer_tail)
    else coalesce(receipt_day_1(p_receipt) between ((attempt.created_at - interval '60 seconds') at time zone 'Africa/Nairobi')::date
        and (echo_until_1(attempt) at time zone 'Africa/Nairobi')::date, true)
      and may_be_from_1(attempt, p_payer_hash, p_payer_tail) end;
--> statement-breakpoint

-- The time of a movement if it can be relied upon, else an empty array. A deposit without payer hash and tail was proved by a source that does not say who paid, and when
-- (settle_receipt_2): its time may be what a notice alone has said.
create function sure_times_1(d deposits) returns timestamptz[] language sql immutable return
  case when d.payer_hash is null and d.payer_tail is null then '{}'::timestamptz[] else array[d.moved_at] end;
--> statement-breakpoint

-- The times at which a receipt that a success has by a guess may have moved: a proved one may come from a pull, whose clock may be three hours off.
create function times_of_1(d deposits) returns timestamptz[] language sql stable return
  case when d.receipt_proved_at is null then array[d.moved_at] else array[d.moved_at, d.moved_at + interval '3 hours'] end;
--> statement-breakpoint

-- Whether a receipt that bears the reference of the payment `p_for`, or none, may be that of a success of `p_payment`. With the same reference it may unless another payer is
-- proved; without a reference, time and payer must fit the prompt.
create function may_name_1(d deposits, p_for uuid, p_times timestamptz[], p_payment uuid, attempt attempts) returns boolean language sql stable return
  coalesce(p_payment = p_for, false) and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
  or p_for is null and d.may_echo and may_fit_1(attempt, p_times, d.receipt, d.payer_hash, d.payer_tail);
