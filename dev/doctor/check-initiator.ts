import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { createApp } from '#app.ts';
import { readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { createLog } from '#ground/log.ts';
import { askForBalance } from '#mpesa/inquiries/ask-balance.ts';
import { explainResult } from '#mpesa/inquiries/explain-result.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type Check, type Finding, findings, type Patient } from './finding.ts';
import { readConfiguration } from './read-configuration.ts';

const { ok, warn, fail } = findings('initiator');

const LOOK_AGAIN_MS = 250;
const MEND =
  'In the M-PESA organisation portal look at this API user: are they active, is the password the present one, have they the roles for B2C, balance and status queries?';

const Asked = z.object({ state: z.string(), says: z.string().nullable(), resultCode: z.string().nullable() });
type Asked = z.output<typeof Asked>;
const columns = sql`select state, says, result_code from inquiries`;

/**
 * Whether Safaricom takes our initiator, their password and role, by asking for the account balance; the answer comes to the site. In production it asks only
 * with --ask; otherwise the last answer counts. Finds nothing when the database is out of reach: another check reports that.
 */
export const checkInitiator: Check = async (patient) => {
  const config = readConfiguration(patient.environment);
  if (!config?.initiator) return [];
  const app = createApp(config, { clock: patient.clock, log: createLog(() => undefined) });
  try {
    const before = await lastAnswer(app).catch(() => undefined);
    if (before === undefined) return [];
    if (config.mpesa.environment === 'production' && !patient.mayAsk) return [judgeLast(before)];
    return [await ask(app, patient)];
  } finally {
    await app.db.close().catch(() => undefined);
  }
};

async function lastAnswer({ db }: App): Promise<Asked | null> {
  const [last] = await readRows(
    db,
    Asked,
    sql`${columns} where kind = 'account-balance' and state = 'answered' order by asked_at desc limit 1`,
  );
  return last ?? null;
}

function judgeLast(last: Asked | null): Finding {
  if (!last) return ok('Safaricom has not been asked yet: `npm run doctor -- --ask` asks for the account balance.');
  return last.says === 'done' ? ok('Safaricom took our initiator when it was last asked for the account balance.') : explain(last);
}

async function ask(app: App, { timeoutMs }: Patient): Promise<Finding> {
  let inquiryId: string;
  try {
    ({ inquiryId } = await askForBalance(app, 'doctor'));
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return fail(`Safaricom did not take the question for the balance. ${error.message}`, MEND);
  }
  const until = performance.now() + timeoutMs;
  while (performance.now() < until) {
    const [asked] = await readRows(app.db, Asked, sql`${columns} where id = ${inquiryId}::uuid`);
    if (asked?.state === 'answered')
      return asked.says === 'done' ? ok('Safaricom takes our initiator: name, password, certificate and role are right.') : explain(asked);
    if (asked?.state === 'timed_out') break;
    await wait(LOOK_AGAIN_MS);
  }
  return warn(
    'Safaricom took the question for the balance, and the site has had no answer yet: whether the initiator is right is not known.',
    'Deploy the site first, so that Safaricom reaches it; then look at `GET /api/account-balance` in some minutes, or try again.',
  );
}

function explain({ resultCode }: Asked): Finding {
  const { explanation = 'The answer could not be read.' } = explainResult({ resultCode });
  return fail(`Safaricom was asked for the account balance and said no (${resultCode}). ${explanation}`, MEND);
}
