import { newId } from '#ground/db/columns.ts';
import { addDays, nairobiMoment } from '#ground/time/nairobi.ts';
import { runReminders } from '#sacco/loans/runs/run-reminders.ts';
import type { Contest } from './contest.ts';
import { TODAY } from './fill-loans.ts';
import { remindOneByOne } from './one-by-one.ts';

const NOW = nairobiMoment(TODAY, 8);
const NEVER = new Date('9999-01-01');

/** The reminders of a Monday, when everyone is told who has anything due or overdue. */
export const reminders: Contest = {
  name: 'reminders',
  raw: (client) => client.query(RAW, [TODAY, addDays(TODAY, 3), NOW, newId().slice(0, 15)]),
  ours: (db) => runReminders({ db, clock: { now: () => NOW } }, TODAY, NEVER),
  loop: (client, loans) => remindOneByOne(client, loans, { now: NOW, on: TODAY, dueAt: NOW }),
  effects: `select jsonb_build_array(count(*), sum(hashtext(dedupe_key || message || due_at || urgency)::bigint)) as digests from outbox
    where (message ->> 'memberId')::uuid <= (select member_id from loans where id = $1)`,
};

const RAW = `
  insert into outbox (id, dedupe_key, message, urgency, due_at)
  select overlay(gen_random_uuid()::text placing $4::text from 1)::uuid, 'digest:' || m.id || ':' || $1::date || ':' || c.channel, c.message || jsonb_build_object('memberId', m.id), 1, $3::timestamptz
  from (
    select l.member_id from loans l join instalments i on i.loan_id = l.id
    where l.state = 'active' and i.unpaid_cents > 0 and (i.due_on <= $1::date or i.due_on = $2::date)
    union
    select l.member_id from loans l join penalties x on x.loan_id = l.id join instalments i using (loan_id, number)
    where l.state = 'active' and x.amount_cents > x.paid_cents + x.waived_cents and (i.due_on <= $1::date or i.due_on = $2::date)
  ) d join members m on m.id = d.member_id join people p on p.id = m.person_id and p.disabled_at is null
  cross join lateral (values ('sms', jsonb_build_object('kind', 'digest', 'on', $1::date, 'channel', 'sms'), p.phone_verified_at is not null and m.sms_opt_out_at is null),
    ('email', jsonb_build_object('kind', 'digest', 'on', $1::date, 'channel', 'email'), p.email is not null and m.email_opt_out_at is null)) c (channel, message, reachable)
  where c.reachable order by m.id on conflict (dedupe_key) do nothing`;
