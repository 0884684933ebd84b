/**
 * The statement with which the commit dc89b02 settled a callback, as it was sent; `{name}` stands for a parameter, each its own as then. What the
 * settling of today is measured against.
 */
export const SETTLE_DC89B02 = `
  with payment as materialized ( -- always payment, then attempt: the other order deadlocks
    select * from payments where id = (select payment_id from attempts where id = {attempt}::uuid) for update
  ), attempt as materialized ( -- the newest row, not the one of our snapshot
    select a.* from attempts a join payment p on p.id = a.payment_id where a.id = {attempt}::uuid for update of a
  ), seen as materialized (
    select a.id, a.payment_id, a.amount_cents, a.state as was, case
      when {says}::text = 'unclear' then 'unclear'
      when p.deposits_version <> (select coalesce(sum(version), 0) from deposits where payment_id = p.id) and refuse('old_snapshot') then null
      when a.checkout_hash <> {checkoutHash}::text then 'other_checkout'
      when exists (select from attempts o where o.checkout_hash = {checkoutHash}::text and o.id <> a.id) then 'other_checkout'
      when {says}::text = 'paid' and a.amount_cents <> {amount}::bigint then 'amount_differs'
      when {says}::text = 'paid' and (a.phone_hash <> {phoneHash}::text or a.phone_tail <> {phoneTail}::text) then 'phone_differs'
      when {says}::text = 'paid' and a.receipt <> {receipt}::text then 'second_receipt'
      when {says}::text = 'paid' and exists (select from deposits d left join attempts o on o.id = d.attempt_id where d.receipt = {receipt}::text and (d.payment_id is distinct from p.id
        or d.attempt_id <> a.id and o.receipt is not null or d.attempt_id is null and d.amount_cents <> a.amount_cents)) then 'receipt_used'
      when {says}::text = 'paid' and exists (select from deposits d where d.attempt_id = a.id and d.receipt <> {receipt}::text) then 'parts'
      when {says}::text = 'paid' and a.state = 'paid' then 'known'
      when {says}::text = 'paid' and exists (select from deposits d where d.payment_id = p.id and d.attempt_id is null and d.amount_cents = a.amount_cents
        and ({receipt}::text is null or d.receipt = {receipt}::text)) then 'links'
      when {says}::text = 'paid' then 'pays'
      when a.state = 'paid' then 'contradicts'
      when a.state = 'failed' then 'known'
      else 'fails' end as verdict
    from attempt a join payment p on true
  ), stored as (
    insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
    values ({evidence}::uuid, {attempt}::uuid, {source}::text, {bodyHash}, {body},
      coalesce((select verdict from seen), 'no_attempt'), {at}::timestamptz)
    on conflict (subject_id, source, body_hash) do nothing
    returning id
  ), moved as (
    update attempts a set
      state = case s.verdict when 'pays' then 'paid' when 'links' then 'paid' when 'fails' then 'failed' else a.state end,
      live = a.live and s.verdict not in ('pays', 'links', 'fails'),
      receipt = case when s.verdict in ('pays', 'parts', 'links', 'known') and {says}::text = 'paid' then coalesce(a.receipt, {receipt}::text) else a.receipt end,
      result_code = case when s.verdict in ('pays', 'links', 'fails') then {code}::text else a.result_code end,
      checkout_request_id = case when s.verdict in ('pays', 'links', 'fails') then coalesce(a.checkout_request_id, {checkout}::text) else a.checkout_request_id end,
      checkout_hash = case when s.verdict in ('pays', 'links', 'fails') then coalesce(a.checkout_hash, {checkoutHash}::text) else a.checkout_hash end,
      query_due_at = case when s.verdict in ('pays', 'links', 'fails') then null when s.verdict = 'unclear' and {source}::text = 'callback' then {at}::timestamptz else a.query_due_at end
    from seen s
    where a.id = s.id and (s.verdict in ('pays', 'links', 'fails') or s.verdict in ('known', 'parts') and a.receipt is null and {receipt}::text is not null
      or s.verdict = 'unclear' and {source}::text = 'callback' and a.state in ('requested', 'pending', 'unknown', 'expired'))
  ), opened as (
    insert into deposits (id, source, attempt_id, payment_id, amount_cents, receipt, confirmed_at, settled_at, allocation_due_at)
    select {deposit}::uuid, 'stk', id, payment_id, amount_cents, {receipt}::text, {at}::timestamptz, {at}::timestamptz, {at}::timestamptz from seen where verdict in ('pays', 'parts')
  ), learnt as (
    update deposits d set version = d.version + 1,
      confirmed_at = case when s.verdict <> 'parts' then coalesce(d.confirmed_at, {at}::timestamptz) end, -- what parts was proved by this attempt's success alone
      confirmation_due_at = case when s.verdict = 'parts' then {at}::timestamptz end,
      receipt = case when s.verdict = 'pays' then null else coalesce(d.receipt, {receipt}::text) end,
      attempt_id = case s.verdict when 'links' then s.id when 'parts' then null else d.attempt_id end
    from seen s
    where d.id = case s.verdict
      when 'known' then (select o.id from deposits o where o.attempt_id = s.id and o.receipt is null and {receipt}::text is not null)
      when 'links' then (select o.id from deposits o where o.payment_id = s.payment_id and o.attempt_id is null and o.amount_cents = s.amount_cents
        and ({receipt}::text is null or o.receipt = {receipt}::text) order by o.id limit 1)
      when 'parts' then (select o.id from deposits o where o.attempt_id = s.id) -- it had adopted the receipt of another movement
      when 'pays' then (select o.id from deposits o where o.receipt = {receipt}::text) end -- another attempt had adopted this one's receipt
    returning d.payment_id
  ), judged as (
    update payments p set
      status = case when s.verdict = 'fails' then 'failed' when s.verdict in ('known', 'parts') or p.status in ('reversed', 'refunded') then p.status else 'paid' end,
      failure_code = case when s.verdict = 'fails' then {code}::text end,
      counted_deposit_id = case when s.verdict = 'pays' then coalesce(p.counted_deposit_id, {deposit}::uuid) else p.counted_deposit_id end,
      deposits_version = p.deposits_version + case when s.verdict in ('pays', 'parts') then 1 else 0 end + (select count(*) from learnt),
      settled_at = case when s.verdict = 'pays' then coalesce(p.settled_at, {at}::timestamptz) else p.settled_at end
    from seen s
    where p.id = s.payment_id and (s.verdict in ('pays', 'parts', 'links') or s.verdict = 'known' and exists (select from learnt)
      or s.verdict = 'fails' and p.latest_attempt_id = s.id and p.status in ('pending', 'unknown', 'failed', 'expired'))
  ), booked as (
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select {transfer}::uuid, 'mpesa_in', {deposit}::uuid::text, 1, 'paybill_float', 'clearing', amount_cents, {at}::timestamptz
  from seen where verdict in ('pays', 'parts') on conflict (kind, source_id, leg) do nothing
  ), audited as (
  insert into audit (id, actor, action, subject, before, after, happened_at)
  select {audit}::uuid, 'safaricom', 'late_success', id::text, to_jsonb(was), to_jsonb('paid'::text), {at}::timestamptz
  from seen where verdict = 'pays' and was in ('failed', 'expired')
  ), 
  review as (
    insert into reviews (id, kind, subject, opened_at)
    select {review}::uuid, 'evidence_' || verdict, id::text, {at}::timestamptz from (select {attempt}::uuid as id, coalesce((select verdict from seen), 'no_attempt') as verdict) told
      where verdict not in ('pays', 'parts', 'links', 'fails', 'known', 'unclear') and exists (select from stored)
    on conflict (kind, subject) where closed_at is null do nothing
    returning id
  ), alert as (
    insert into outbox (id, dedupe_key, message, due_at)
    select {alert}::uuid, 'alert:' || id, jsonb_build_object('kind', 'alert', 'reviewId', id), {at}::timestamptz from review
    on conflict (dedupe_key) do nothing
  )
  select s.payment_id as "paymentId", case when s.verdict in ('pays', 'parts') then {deposit}::uuid end as "depositId", coalesce(s.verdict, 'no_attempt') as verdict,
    not exists (select from stored) as duplicate
  from (select) as always left join seen s on true`;
