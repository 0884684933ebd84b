-- Adds the transfers that no running transaction can still precede to the days on which they were booked, each once: a transfer is never changed, and the mark moves in the same
-- transaction, by the numbers of transactions as that of the checkpoints does (src/books/ledger/checkpoints.sql). At most `p_most` at a time, never a part of one transaction; all of
-- them where there is no mark. Returns how many it added. Only one run works at a time; safe to repeat.
create function count_transfers_1(p_most int) returns bigint language plpgsql set enable_seqscan = off as $$
declare
  mark count_mark;
  horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  until xid8;
  is_first boolean;
  passed bigint;
begin
  select * into mark from count_mark for update skip locked;
  if not found then return 0; end if; -- another run is at it
  is_first := mark.transfers_upto is null or mark.of_table is distinct from 'transfers'::regclass::oid;
  if is_first then
    delete from ledger_days;
    until := horizon;
  else
    until := coalesce((select t.tx from transfers t where t.tx >= mark.transfers_upto and t.tx < horizon order by t.tx offset p_most limit 1), horizon);
    if until = mark.transfers_upto then until := (until::text::numeric + 1)::text::xid8; end if;
    if until > horizon then return 0; end if;
  end if;
  with passing as materialized (
    select t.* from transfers t where not is_first and t.tx >= mark.transfers_upto and t.tx < until
    union all select t.* from transfers t where is_first and (t.tx is null or t.tx < until)
  ), added as (
    insert into ledger_days as l (day, kind, debit, credit, transfers, amount_cents)
    select (t.booked_at at time zone 'Africa/Nairobi')::date, t.kind, shown_account_1(t.debit_account), shown_account_1(t.credit_account), count(*), sum(t.amount_cents)
    from passing t group by 1, 2, 3, 4
    on conflict (day, kind, debit, credit) do update set transfers = l.transfers + excluded.transfers, amount_cents = l.amount_cents + excluded.amount_cents
  )
  select count(*) into passed from passing;
  if passed > 0 or is_first then update count_mark set transfers_upto = until, of_table = 'transfers'::regclass; end if; -- an idle minute writes nothing
  return passed;
end $$;
--> statement-breakpoint

-- The account of `ledger_days`: those of single loans and of single savings are too many to be told apart.
create function shown_account_1(p_account text) returns text language sql immutable return
  case when p_account like 'loan:%' or p_account like 'savings:%' then split_part(p_account, ':', 1) else p_account end;
