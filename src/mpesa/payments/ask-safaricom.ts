import { DarajaError } from '../daraja/errors.ts';
import type { StkQueryAnswer } from '../daraja/stk-query.ts';
import type { App } from '../wiring/app.ts';
import { allocate } from './allocate.ts';
import { settle } from './settle.ts';

/** An attempt that this caller has claimed to ask about. */
export type Claimed = { id: string; checkoutRequestId: string };

/** What became of a question: Safaricom's answer was settled, it said nothing clear, or it did not answer. */
export type Asked = 'settled' | 'unclear' | 'not_answered';

/** Asks Safaricom how an attempt ended and settles the answer. An unclear answer, or none, changes nothing: the ladder asks again. */
export async function askSafaricom(app: App, attempt: Claimed): Promise<Asked> {
  let answer: StkQueryAnswer;
  try {
    answer = await app.daraja.stkQuery(attempt.checkoutRequestId);
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('stk_query_not_answered', { attemptId: attempt.id, reason: error.reason, errorCode: error.errorCode });
    return 'not_answered';
  }
  if (answer.state === 'unclear') return 'unclear';
  const { checkoutRequestId } = attempt;
  const settled = await settle(
    { db: app.db, now: app.clock.now() },
    {
      ...{ attemptId: attempt.id, source: 'query', body: answer.raw, says: answer.state, isFinal: answer.isFinal },
      ...{ checkoutRequestId, resultCode: answer.resultCode, shortcode: app.config.mpesa.shortcode },
    },
  );
  if (settled.depositId) await allocate(app, settled.depositId);
  return 'settled';
}
