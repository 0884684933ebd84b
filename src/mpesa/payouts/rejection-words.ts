import { resultWords } from '../daraja/result-words.ts';

/** The code of an approved part that we did not send: Safaricom was never asked. */
export const NOT_SENT = 'not_sent';

/** Why a part of a payout was rejected, for the person who has to act on it. */
export function rejectionWords(resultCode: string | null): string {
  if (resultCode === null) return 'No code was given.';
  if (resultCode === NOT_SENT)
    return 'Malipo did not send it: the money had arrived by another payout, was given back in the portal, its receipt is another movement, another phone paid it, or it is not sure any more that it came for this.';
  return `Safaricom says ${resultWords(resultCode)}.`;
}
