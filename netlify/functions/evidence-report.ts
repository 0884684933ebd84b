import type { Config } from '@netlify/functions';
import { endpoint } from '../../src/http/endpoint.ts';
import { EvidenceInput, readEvidence } from '../../src/reports/read-evidence.ts';

/** A treasurer reads what told of the money that came, and what proved it. */
export default endpoint({ auth: 'reports:read', input: EvidenceInput }, readEvidence);

export const config: Config = { path: '/api/reports/evidence', method: ['GET', 'OPTIONS'] };
