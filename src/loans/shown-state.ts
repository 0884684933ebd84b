import { type SQL, sql } from 'drizzle-orm';
import { LOAN_STATES } from './loans.schema.ts';

/** The states of a loan as they are shown: `closing` is paid in full, in part by money that only a notice has told of. */
export const SHOWN_STATES = [...LOAN_STATES, 'closing'] as const;

/** Whether money that is not proved yet has repaid a loan. Not `exists`: for a page of loans the planner would read all repayments first. */
export const toldRepaymentSql = (loanId: SQL): SQL => sql`((
  select true from repayments r join deposits d on d.id = r.deposit_id
  where r.loan_id = ${loanId} and r.reversed_at is null and d.confirmed_at is null limit 1) is not null)`;

/** The state of a row of `loans l` as it is shown. */
export const shownStateSql: SQL = sql`case when l.state = 'closed' and ${toldRepaymentSql(sql`l.id`)} then 'closing' else l.state end`;
