import { resultWords } from '../daraja/result-words.ts';

/** The code of an approved part that we did not send: Safaricom was never asked. */
export const NOT_SENT = 'not_sent';

/** The code of a part that a person cancelled before it was sent. */
export const CANCELLED = 'cancelled';

/** Why a part of a payout was rejected, for the person who has to act on it. */
export function rejectionWords(resultCode: string | null): string {
  if (resultCode === null) return 'No code was given.';
  if (resultCode === CANCELLED) return 'A person cancelled it before it was sent.';
  if (resultCode === NOT_SENT)
    return "Malipo did not send it, for one of these reasons: another payout had delivered the money already, it was refunded in Safaricom's portal, its receipt belongs to another payment, another phone paid it, or it is no longer certain what it was paid for.";
  return `Safaricom says ${resultWords(resultCode)}.`;
}
