import type { Day } from '#ground/time/nairobi.ts';
import type { Instalment, Terms } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { reminds } from '#sacco/loans/runs/reminded-days.ts';
import type { LoopClient } from './contest.ts';
import { TODAY } from './fill-loans.ts';

/** When a run is, and which digest it promises. */
export type Moment = { now: Date; on: Day; dueAt: Date };

type Loan = { member_id: string; worked_out_to: string; terms: Terms };

/**
 * How a careful loop charges penalties: a transaction for each loan that locks it, reads it, works it out, writes, and promises to tell. Each statement is prepared
 * once, and there is no network but this machine's own.
 */
export async function penaliseOneByOne(client: LoopClient, count: number, moment: Moment): Promise<void> {
  for (const id of await firstLoans(client, count)) {
    await client.query('begin');
    const loan = await lockLoan(client, id);
    const instalments = await readInstalments(client, id);
    const known = await client.query<{ key: string }>({ name: 'known', text: KNOWN, values: [id] });
    const isKnown = new Set(known.rows.map(({ key }) => key));
    const { penalties } = workOut({ terms: loan.terms, instalments, repayments: [], waivers: [] }, TODAY);
    const charged = penalties.filter(
      ({ chargedOn, number, period }) => chargedOn > loan.worked_out_to && !isKnown.has(`${number} ${period}`),
    );
    for (const { number, period, chargedOn, days, baseCents, amountCents } of charged) {
      const values = [id, number, period, chargedOn, days, baseCents.toString(), amountCents.toString(), moment.now];
      await client.query({ name: 'charge', text: CHARGE, values });
    }
    if (charged.length > 0) await promise(client, loan, moment);
    await client.query('commit');
  }
}

/** How a careful loop reminds: it reads what each loan owes, and promises what there is to tell. */
export async function remindOneByOne(client: LoopClient, count: number, moment: Moment): Promise<void> {
  for (const id of await firstLoans(client, count)) {
    await client.query('begin');
    const loan = await lockLoan(client, id);
    const instalments = await readInstalments(client, id);
    if (instalments.some(({ dueOn }) => reminds(dueOn, moment.on))) await promise(client, loan, moment);
    await client.query('commit');
  }
}

async function firstLoans(client: LoopClient, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>("select id from loans where state = 'active' order by id limit $1", [count]);
  return rows.map(({ id }) => id);
}

async function lockLoan(client: LoopClient, id: string): Promise<Loan> {
  const { rows } = await client.query<Record<string, string> & { in_duplum: boolean }>({ name: 'lock', text: LOCK, values: [id] });
  const [row] = rows;
  if (!row) throw new Error('A loan went away.');
  const percent = { kind: 'percent' as const, basisPoints: Number(row.penalty_basis_points) };
  return {
    ...{ member_id: row.member_id ?? '', worked_out_to: row.worked_out_to ?? '' },
    terms: {
      ...{
        period: row.period as 'week',
        graceDays: Number(row.grace_days),
        frequency: row.penalty_frequency as 'once',
        inDuplum: row.in_duplum,
      },
      penalty: row.penalty_kind === 'fixed' ? { kind: 'fixed', amountCents: BigInt(row.penalty_cents ?? 0) } : percent,
      capCents: row.cap_cents ? BigInt(row.cap_cents) : null,
      ...{ allocationOrder: ['penalty', 'fee', 'interest', 'principal'], excess: 'instalment', earlySettlement: 'all_interest' },
    },
  };
}

async function readInstalments(client: LoopClient, id: string): Promise<Instalment[]> {
  const { rows } = await client.query<{ number: number; due_on: string; principal: string; interest: string; fee: string }>({
    ...{ name: 'instalments', text: INSTALMENTS, values: [id] },
  });
  return rows.map(({ number, due_on, principal, interest, fee }) => ({
    ...{ number, dueOn: due_on, principalCents: BigInt(principal), interestCents: BigInt(interest), feeCents: BigInt(fee) },
  }));
}

async function promise(client: LoopClient, { member_id }: Loan, { on, dueAt }: Moment): Promise<void> {
  const { rows } = await client.query<{ channel: string }>({ name: 'channels', text: CHANNELS, values: [member_id] });
  for (const { channel } of rows) {
    const message = JSON.stringify({ kind: 'digest', memberId: member_id, on, channel });
    await client.query({ name: 'promise', text: PROMISE, values: [`digest:${member_id}:${on}:${channel}`, message, dueAt] });
  }
}

const LOCK = `
  select l.member_id, l.worked_out_to::text, p.period, p.grace_days, p.penalty_kind, p.penalty_cents, p.penalty_basis_points, p.penalty_frequency, p.in_duplum,
    l.principal_cents * p.penalty_cap_basis_points / 10000 as cap_cents
  from loans l join loan_products p on p.id = l.product_id where l.id = $1 for no key update of l`;
const INSTALMENTS = `
  select number, due_on::text, principal_cents as principal, interest_cents as interest, fee_cents as fee
  from instalments where loan_id = $1 and unpaid_cents > 0 order by number`;
const KNOWN = `select number || ' ' || period as key from penalties where loan_id = $1`;
const CHARGE = `
  insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8)
  on conflict do nothing`;
const CHANNELS = `
  select c.channel from members m join people p on p.id = m.person_id and p.disabled_at is null
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where m.id = $1 and c.reachable`;
const PROMISE = `
  insert into outbox (id, dedupe_key, message, urgency, due_at) values (gen_random_uuid(), $1, $2, 1, $3) on conflict (dedupe_key) do nothing`;
