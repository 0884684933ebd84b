import type { Config } from '@netlify/functions';
import { EvidenceInput, readEvidence } from '#desk/reports/read-evidence.ts';
import { endpoint } from '#http/endpoint.ts';

/** A treasurer reads what told of the money that came, and what proved it. */
export default endpoint({ auth: 'reports:read', input: EvidenceInput }, readEvidence);

export const config: Config = { path: '/api/reports/evidence', method: ['GET', 'OPTIONS'] };
