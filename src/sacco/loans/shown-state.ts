import { type SQL, sql } from 'drizzle-orm';
import { LOAN_STATES } from './math/terms.ts';
import { toldRepaymentSql } from './told-part.ts';

/** The states of a loan as shown: `closing` is paid in full, partly by money that is told and not proved. */
export const SHOWN_STATES = [...LOAN_STATES, 'closing'] as const;

/** The shown state of a row of `loans l`. */
export const shownStateSql: SQL = sql`case when l.state = 'closed' and ${toldRepaymentSql(sql`l.id`)} then 'closing' else l.state end`;
