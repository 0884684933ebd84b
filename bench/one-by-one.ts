import type pg from 'pg';
import { reminds } from '../src/loans/reminded-days.ts';
import type { LoanHistory } from '../src/loans/terms.ts';
import { workOut } from '../src/loans/work-out.ts';
import type { Day } from '../src/time/nairobi.ts';
import { TODAY } from './fill-loans.ts';

export type Moment = { now: Date; on: Day; dueAt: Date };
type Contact = { member_id: string; sms: boolean; email: boolean };
type Part = [number: number, dueOn: string, principal: string, interest: string, fee: string];
type ReadLoan = Contact & {
  worked_out_to: string;
  principal_cents: string;
  product: Record<string, string | number | boolean | null>;
  parts: Part[];
};

/**
 * How a careful loop charges penalties: a transaction for each loan that locks it, reads it, works it out and writes. Every statement is prepared once, and there is
 * no network but this machine's own.
 */
export async function penaliseOneByOne(client: pg.Client, count: number, moment: Moment): Promise<void> {
  for (const id of await firstLoans(client, count)) {
    await client.query('begin');
    const { rows } = await client.query<ReadLoan>({ name: 'read', text: READ, values: [id] });
    const [loan] = rows;
    const charged = loan ? workOut(historyOf(loan), TODAY).penalties.filter(({ chargedOn }) => chargedOn > loan.worked_out_to) : [];
    if (loan && charged.length > 0) {
      const column = (of: (one: (typeof charged)[number]) => unknown) => charged.map((one) => String(of(one)));
      const dates = [column((one) => one.number), column((one) => one.period), column((one) => one.chargedOn), column((one) => one.days)];
      const values = [id, moment.now, ...dates, column((one) => one.baseCents), column((one) => one.amountCents)];
      await client.query({ name: 'charge', text: CHARGE, values });
      await promise(client, loan, moment);
    }
    await client.query('commit');
  }
}

/** How a careful loop reminds: it reads what each loan owes and who is to be told, and promises what there is to tell. */
export async function remindOneByOne(client: pg.Client, count: number, moment: Moment): Promise<void> {
  for (const id of await firstLoans(client, count)) {
    await client.query('begin');
    const { rows } = await client.query<ReadLoan>({ name: 'read', text: READ, values: [id] });
    const [loan] = rows;
    if (loan?.parts.some(([, dueOn]) => reminds(dueOn, moment.on))) await promise(client, loan, moment);
    await client.query('commit');
  }
}

async function firstLoans(client: pg.Client, count: number): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>("select id from loans where state = 'active' order by id limit $1", [count]);
  return rows.map(({ id }) => id);
}

function historyOf({ product, principal_cents, parts }: ReadLoan): LoanHistory {
  const percent = { kind: 'percent' as const, basisPoints: Number(product.penalty_basis_points) };
  const cap = product.penalty_cap_basis_points;
  return {
    terms: {
      ...{ period: product.period as 'week', graceDays: Number(product.grace_days), frequency: product.penalty_frequency as 'once' },
      penalty: product.penalty_kind === 'fixed' ? { kind: 'fixed', amountCents: BigInt(Number(product.penalty_cents)) } : percent,
      capCents: cap === null ? null : (BigInt(principal_cents) * BigInt(Number(cap))) / 10_000n,
      ...{
        inDuplum: product.in_duplum === true,
        order: ['penalty', 'fee', 'interest', 'principal'],
        excess: 'instalment',
        earlySettlement: 'all_interest',
      },
    },
    instalments: parts.map(([number, dueOn, principal, interest, fee]) => ({
      ...{ number, dueOn, principalCents: BigInt(principal), interestCents: BigInt(interest), feeCents: BigInt(fee) },
    })),
    ...{ repayments: [], waivers: [] },
  };
}

async function promise(client: pg.Client, { member_id, sms, email }: Contact, { on, dueAt }: Moment): Promise<void> {
  for (const channel of [...(sms ? ['sms'] : []), ...(email ? ['email'] : [])]) {
    const message = JSON.stringify({ kind: 'digest', memberId: member_id, on, channel });
    await client.query({ name: 'promise', text: PROMISE, values: [`digest:${member_id}:${on}:${channel}`, message, dueAt] });
  }
}

const READ = `
  select l.member_id, l.worked_out_to::text, l.principal_cents, to_jsonb(t) as product, p.phone_verified_at is not null and m.sms_opt_out_at is null and p.disabled_at is null as sms,
    p.email is not null and m.email_opt_out_at is null and p.disabled_at is null as email,
    (select jsonb_agg(jsonb_build_array(number, due_on, principal_cents::text, interest_cents::text, fee_cents::text) order by number)
      from instalments where loan_id = l.id and unpaid_cents > 0) as parts
  from loans l join loan_products t on t.id = l.product_id join members m on m.id = l.member_id join people p on p.id = m.person_id
  where l.id = $1 for no key update of l`;
const CHARGE = `
  insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at)
  select $1, number, period, charged_on, days, base, amount, $2
  from unnest($3::int[], $4::int[], $5::date[], $6::int[], $7::bigint[], $8::bigint[]) u (number, period, charged_on, days, base, amount) on conflict do nothing`;
const PROMISE = `
  insert into outbox (id, dedupe_key, message, urgency, due_at) values (gen_random_uuid(), $1, $2, 1, $3) on conflict (dedupe_key) do nothing`;
