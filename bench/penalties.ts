import { newId } from '#ground/db/columns.ts';
import { nairobiMoment } from '#ground/time/nairobi.ts';
import { runPenalties } from '#sacco/loans/runs/run-penalties.ts';
import { nextMorning } from '#sacco/members/promise-notice.ts';
import type { Contest } from './contest.ts';
import { TODAY } from './fill-loans.ts';
import { penaliseOneByOne } from './one-by-one.ts';

const NOW = nairobiMoment(TODAY, 0.25);
const NEVER = new Date('9999-01-01');
const { on, dueAt } = nextMorning(NOW);

/** The penalties of a night, with the digests that tell of them. */
export const penalties: Contest = {
  name: 'penalties',
  raw: (client) => client.query(RAW, [TODAY, NOW, on, dueAt, newId().slice(0, 15)]),
  ours: (db) => runPenalties({ db, clock: { now: () => NOW } }, TODAY, NEVER),
  loop: (client, loans) => penaliseOneByOne(client, loans, { now: NOW, on, dueAt }),
  effects: `select (select jsonb_build_array(count(*), sum(amount_cents), sum(base_cents), sum(hashtext(concat_ws(' ', loan_id, number, period, charged_on, days, amount_cents))::bigint))
      from penalties where loan_id <= $1) as penalties,
    (select jsonb_build_array(count(*), sum(hashtext(dedupe_key || message || due_at || urgency)::bigint)) from outbox
      where (message ->> 'memberId')::uuid <= (select member_id from loans where id = $1)) as digests`,
};

const RAW = `
  with late as materialized (
    select l.id as loan_id, l.member_id, i.number, k.period, d.charged_on, d.charged_on - i.due_on as days, i.unpaid_cents as base_cents, p.in_duplum,
      case p.penalty_kind when 'fixed' then p.penalty_cents else (i.unpaid_cents * p.penalty_basis_points + 5000) / 10000 end as raw_cents,
      l.principal_cents * p.penalty_cap_basis_points / 10000 as cap_cents
    from loans l join loan_products p on p.id = l.product_id and p.penalty_kind <> 'none'
    join instalments i on i.loan_id = l.id and i.unpaid_cents > 0 and i.due_on < $1::date
    cross join lateral generate_series(greatest(l.worked_out_to - i.due_on - p.grace_days - 1, 0) / case p.period when 'week' then 7 else 31 end + 1,
      case p.penalty_frequency when 'once' then 1 else ($1::date - i.due_on - p.grace_days - 1) / case p.period when 'week' then 7 else 28 end + 1 end) k (period)
    cross join lateral (
      select case p.period when 'week' then i.due_on + 7 * (k.period - 1) else (i.due_on + make_interval(months => k.period - 1))::date end + p.grace_days + 1 as charged_on
    ) d
    where l.state = 'active' and d.charged_on > l.worked_out_to and d.charged_on <= $1::date
      and not exists (select from penalties x where x.loan_id = l.id and x.number = i.number and x.period = k.period)
  ), limited as (
    select l.*, least(l.cap_cents - s.charged_cents, case when l.in_duplum then u.principal_cents - u.interest_cents - s.unpaid_cents end)
      - coalesce(sum(l.raw_cents) over (partition by l.loan_id order by l.charged_on, l.number rows between unbounded preceding and 1 preceding), 0) as room_cents
    from late l
    cross join lateral (
      select coalesce(sum(amount_cents - waived_cents), 0) as charged_cents, coalesce(sum(amount_cents - paid_cents - waived_cents), 0) as unpaid_cents
      from penalties where loan_id = l.loan_id
    ) s
    cross join lateral (
      select sum(principal_cents - paid_principal_cents) as principal_cents,
        coalesce(sum(interest_cents - paid_interest_cents - forgiven_cents) filter (where due_on < l.charged_on), 0) as interest_cents
      from instalments where loan_id = l.loan_id
    ) u
  ), charged as (
    insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at)
    select loan_id, number, period, charged_on, days, base_cents, least(raw_cents, room_cents), $2::timestamptz from limited where least(raw_cents, room_cents) > 0
    on conflict do nothing returning loan_id
  )
  insert into outbox (id, dedupe_key, message, urgency, due_at)
  select overlay(gen_random_uuid()::text placing $5::text from 1)::uuid, 'digest:' || m.id || ':' || $3::text || ':' || c.channel, c.message || jsonb_build_object('memberId', m.id), 1, $4::timestamptz
  from (select distinct l.member_id from charged join loans l on l.id = charged.loan_id) d join members m on m.id = d.member_id
  join people p on p.id = m.person_id and p.disabled_at is null
  cross join lateral (values ('sms', jsonb_build_object('kind', 'digest', 'on', $3::text, 'channel', 'sms'), p.phone_verified_at is not null and m.sms_opt_out_at is null),
    ('email', jsonb_build_object('kind', 'digest', 'on', $3::text, 'channel', 'email'), p.email is not null and m.email_opt_out_at is null)) c (channel, message, reachable)
  where c.reachable order by m.id on conflict (dedupe_key) do nothing`;
