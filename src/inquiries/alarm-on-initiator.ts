import type { Core } from '../core.ts';
import { resultReason } from '../daraja/result-codes.ts';
import { stopPayouts } from '../payouts/stop-payouts.ts';

/** Stops payouts and the hourly question when an answer blames the initiator's name or password: more tries would lock him. */
export async function alarmOnInitiator(
  { db, clock }: Pick<Core, 'db' | 'clock'>,
  verdict: string,
  resultCode: string | undefined,
): Promise<void> {
  if (verdict !== 'answers' || resultCode === undefined || resultCode === '0') return;
  const { word } = resultReason(resultCode);
  if (word === 'wrong_credentials' || word === 'initiator_locked') await stopPayouts(db, word, clock.now());
}
