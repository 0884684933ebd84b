import type { Config } from '@netlify/functions';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';
import { readStatement } from '#sacco/accounts/read-statement.ts';
import { StatementInput } from '#sacco/accounts/statement-input.ts';

/** A member reads what moved on their account, or a treasurer what moved on a member's. */
export default endpoint({ auth: ['members:read', 'own:read'], input: StatementInput, printSheet }, readStatement);

export const config: Config = { path: '/api/accounts/:id/statement', method: ['GET', 'OPTIONS'] };
