-- Judges what a source's words mean for an attempt. Reads only; the caller holds the locks. `unread_payer`: a success whose payer cannot be read; its receipt is kept, and
-- proves nothing. `doubted`: a query says "paid" of a prompt whose callback was not believed. Every verdict except pays, known, fails, unclear and unread_payer is quarantined.
create function judge_stk_2(
  attempt attempts, p_source text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_receipt text, p_now timestamptz
) returns text language plpgsql stable as $$
begin
  if p_says = 'unclear' then return 'unclear'; end if;

  -- is it about this prompt?
  if attempt.checkout_hash <> p_checkout_hash then return 'other_checkout'; end if;
  if attempt.checkout_hash is null and exists (select from attempts a where a.checkout_hash = p_checkout_hash) then return 'other_checkout'; end if;

  if p_says = 'failed' then
    if attempt.state = 'paid' then return case p_source when 'query' then 'unclear' else 'contradicts' end; end if;
    if attempt.state = 'failed' then return 'known'; end if;
    -- a query that says so while the PIN can still be entered has been wrong (1037 at 20 s, paid at 30 s)
    if p_source = 'query' and not p_final and p_now < echo_until_1(attempt) - interval '60 seconds' then return 'unclear'; end if;
    return 'fails';
  end if;

  -- does it say what we asked?
  if attempt.amount_cents <> p_amount then return 'amount_differs'; end if;
  if attempt.phone_hash <> p_phone_hash or attempt.phone_tail <> p_phone_tail then return 'phone_differs'; end if;
  if attempt.receipt <> p_receipt then return 'second_receipt'; end if;
  if p_source = 'query' then
    if attempt.state <> 'paid' and exists (select from evidence e where e.subject_id = attempt.id and e.source = 'callback'
      and e.verdict in ('amount_differs', 'phone_differs', 'second_receipt', 'receipt_used')) then return 'doubted'; end if;
    return 'pays';
  end if;

  -- whose is the receipt? What is proved for something else stays there; a lie gives way
  if exists (select from deposits d where d.receipt = p_receipt and d.attempt_id is distinct from attempt.id
    and (d.tied_by = 'callback' and d.receipt_proved_at is not null or d.receipt_proved_at is not null and d.amount_cents <> attempt.amount_cents)) then return 'receipt_used'; end if;
  if is_paid_out_1(p_receipt) then return 'receipt_used'; end if;
  if p_phone_hash is null and p_phone_tail is null then return 'unread_payer'; end if;
  return 'pays';
end $$;
