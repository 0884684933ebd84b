import type { Config } from '@netlify/functions';
import { listPayments } from '#desk/payments/list-payments.ts';
import { endpoint } from '#http/endpoint.ts';
import { printSheet } from '#http/print-sheet.ts';
import { HistoryInput } from '#mpesa/payments/history-input.ts';

/** An operator reads the history of payments, or a signed-in customer their own. */
export default endpoint({ auth: ['payments:read', 'own:read'], input: HistoryInput, printSheet }, listPayments);

export const config: Config = { path: '/api/payments', method: ['GET', 'OPTIONS'] };
