-- The times for which all payments to a short code are known: from signed statements that refute (those of one account joined where they touch), and from complete
-- pulls. A minute at each end of a statement is left out: what came then may stand in the next one. `listed`: receipts that a pull has, though they are no
-- customer's money in the books.
create function refuting_times_1() returns table (shortcode text, begins timestamptz, ends timestamptz, listed text[]) language sql stable as $$
  select s.shortcode, lower(r) + interval '1 minute', upper(r) - interval '1 minute', '{}'::text[]
  from (select o.shortcode, range_agg(tstzrange(o.covers_from, o.covers_to + interval '1 second')) as covered from statements o
    where o.state = 'done' and o.refutes and o.covers_from <= o.covers_to group by o.shortcode, o.account) s
  cross join lateral unnest(s.covered) r
  union all
  select p.refutes_shortcode, p.refutes_from, p.refutes_until, p.unread || p.refutes_not from pulls p where p.refutes_from is not null
$$;
--> statement-breakpoint

-- Whether a list of the time from `p_begins` to `p_ends` can speak about a receipt, whatever time a notice has reported. If the receipt shows another day than the notice, the
-- list must cover that whole day. A receipt that shows no day restricts nothing.
create function holds_day_1(p_begins timestamptz, p_ends timestamptz, p_moved_at timestamptz, p_day date) returns boolean language sql stable return
  coalesce(p_day between ((p_moved_at - interval '5 minutes') at time zone 'Africa/Nairobi')::date and ((p_moved_at + interval '5 minutes') at time zone 'Africa/Nairobi')::date
    or p_begins <= p_day::timestamp at time zone 'Africa/Nairobi' and (p_day + 1)::timestamp at time zone 'Africa/Nairobi' <= p_ends, true);
--> statement-breakpoint

-- Refutes told money that is absent from a list where it should stand, a limited number per call, whenever it was reported. Ruling 5 says what a list needs to refute. What a
-- statement lists and could not settle is not absent. A deposit that raises an error is passed over, and returned with the error. A receipt that another transaction is
-- settling is left for the next call. Safe to repeat.
create function refute_absent_2(p_limit int, p_passed uuid[], p_now timestamptz) returns table ("depositId" uuid, failed text) language plpgsql as $$
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
      perform refute_deposit_2(x.id, p_now) from deposits d where d.id = x.id and d.receipt_proved_at is null;
    exception when others then
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
      failed := sqlerrm;
    end;
    return next;
  end loop;
end $$;
