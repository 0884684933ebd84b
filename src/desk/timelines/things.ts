import { type SQL, sql } from 'drizzle-orm';

/** The name under which a timeline's statement holds the ids of each thing that it is about, in the order in which one leads to the next. */
const NAMES = {
  member: sql`member_ids`,
  person: sql`person_ids`,
  account: sql`account_ids`,
  loan: sql`loan_ids`,
  payment: sql`payment_ids`,
  attempt: sql`attempt_ids`,
  deposit: sql`deposit_ids`,
  repayment: sql`repayment_ids`,
  waiver: sql`waiver_ids`,
  payout: sql`payout_ids`,
  withdrawal: sql`withdrawal_ids`,
  invoice: sql`invoice_ids`,
} as const satisfies Record<string, SQL>;

export type Thing = keyof typeof NAMES;
const THINGS = Object.keys(NAMES) as Thing[];

/** What a timeline is about: for each thing a statement that selects its ids, which may use those of things before it. */
export type Things = Partial<Record<Thing, SQL>>;

/** The ids of a thing as an array: `where d.id = any(${idsOf('deposit')})` is looked up by index, however many there are of it. */
export const idsOf = (thing: Thing): SQL => sql`(select ids from ${NAMES[thing]})::uuid[]`;

/** The ids of those of some things that a timeline is about, by default of all. */
export const idsOfAll = (things: Things, some: readonly Thing[] = THINGS): SQL =>
  sql`(${sql.join([sql`array[]::uuid[]`, ...some.filter((thing) => things[thing]).map(idsOf)], sql` || `)})`;

/** The common table expressions that gather the ids. */
export const gatherSql = (things: Things): SQL =>
  sql.join(
    THINGS.flatMap((thing) => (things[thing] ? [sql`${NAMES[thing]} as (select array(${things[thing]}) as ids)`] : [])),
    sql`, `,
  );
