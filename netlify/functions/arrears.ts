import type { Config } from '@netlify/functions';
import { endpoint } from '../../src/http/endpoint.ts';
import { ArrearsInput, readArrears } from '../../src/reports/read-arrears.ts';

/** A treasurer reads how late the loans are, and what is at risk. */
export default endpoint({ auth: 'reports:read', input: ArrearsInput }, readArrears);

export const config: Config = { path: '/api/reports/arrears', method: ['GET', 'OPTIONS'] };
