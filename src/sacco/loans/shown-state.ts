import { type SQL, sql } from 'drizzle-orm';
import { toldRepaymentSql } from '#mpesa/payments/told-part.ts';
import { LOAN_STATES } from './loans.schema.ts';

/** The states of a loan as they are shown: `closing` is paid in full, in part by money that only a notice has told of. */
export const SHOWN_STATES = [...LOAN_STATES, 'closing'] as const;

/** The state of a row of `loans l` as it is shown. */
export const shownStateSql: SQL = sql`case when l.state = 'closed' and ${toldRepaymentSql(sql`l.id`)} then 'closing' else l.state end`;
