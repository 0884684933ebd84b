import type { Config } from '@netlify/functions';
import { readStatement } from '../../src/accounts/read-statement.ts';
import { StatementInput } from '../../src/accounts/statement-input.ts';
import { endpoint } from '../../src/http/endpoint.ts';

/** A member reads what moved on their account, or a treasurer what moved on a member's. */
export default endpoint({ auth: ['members:read', 'own:read'], input: StatementInput }, readStatement);

export const config: Config = { path: '/api/accounts/:id/statement', method: ['GET', 'OPTIONS'] };
