import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Core } from '../core.ts';
import { parseC2bNotice } from '../daraja/parse-c2b.ts';
import { bigintText, readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { readReference } from '../references/reference.ts';
import { decideValidation, type NamedPayment } from './decide-validation.ts';
import { ourNumbers } from './our-numbers.ts';

/** Safaricom waits some 8 seconds, and then does what was registered. We answer before, and take the money. */
const PATIENCE_MS = 3_000;

/** An answer to a validation as Safaricom reads it. */
export type ValidationAnswer = { ResultCode: string; ResultDesc: 'Accepted' | 'Rejected' };

/**
 * Answers whether a paybill payment is wanted, in at most one round trip and three seconds; writes nothing. When the database is slow or away the payment is
 * accepted: it is better to sort out money that came than to lose a customer who wanted to pay.
 */
export async function validatePayment({ db, config, log }: Pick<Core, 'db' | 'config' | 'log'>, body: string): Promise<ValidationAnswer> {
  const notice = parseC2bNotice(body);
  const reference = readReference(notice.reference ?? '');
  let waiting: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_, refuse) => {
      waiting = setTimeout(() => refuse(new Error('The database took too long.')), PATIENCE_MS);
    });
    const payment = reference === undefined ? undefined : await Promise.race([findPayment(db, reference), late]);
    const code = decideValidation(notice, payment, { numbers: ourNumbers(config), unknownReference: config.paybill.unknownReference });
    log.info('c2b_validation', { receipt: notice.transactionId, code: code ?? '0' });
    return code === undefined ? { ResultCode: '0', ResultDesc: 'Accepted' } : { ResultCode: code, ResultDesc: 'Rejected' };
  } catch (error) {
    log.error('c2b_validation_undecided', error, { receipt: notice.transactionId });
    return { ResultCode: '0', ResultDesc: 'Accepted' };
  } finally {
    clearTimeout(waiting);
  }
}

async function findPayment(db: Db, reference: string): Promise<NamedPayment | undefined> {
  const statement = sql`select status, amount_cents as "amountCents" from payments where reference = ${reference}`;
  const [row] = await readRows(db, z.object({ status: z.string(), amountCents: bigintText }), statement);
  return row;
}
