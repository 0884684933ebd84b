import { type ResultReasonWord, resultReason } from '../daraja/payout-result-codes.ts';

const SENTENCES: Partial<Record<ResultReasonWord, string>> = {
  wrong_credentials:
    "Safaricom does not accept our initiator's name or password; further tries would lock it. Correct MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD or MPESA_CERTIFICATE.",
  initiator_locked: 'Safaricom has locked our initiator: an administrator of the M-PESA organisation portal has to unlock it.',
  initiator_not_allowed:
    'Our initiator lacks the role for this inquiry: an administrator of the M-PESA organisation portal has to grant it.',
  not_on_mpesa: 'Safaricom does not know this transaction, or not under this short code.',
  receipt_invalid: 'Safaricom does not know this receipt.',
  busy: 'Safaricom was too busy to answer. Ask again in some minutes.',
};

/** Why an answer is of no use, in a word and a sentence; empty for a useful answer. */
export function explainResult({ resultCode }: { resultCode: string | null }): { reason?: string; explanation?: string } {
  if (resultCode === null || resultCode === '0') return {};
  const { word } = resultReason(resultCode);
  return {
    reason: word,
    explanation: SENTENCES[word] ?? 'Safaricom could not answer this question. Ask again, or look in the M-PESA organisation portal.',
  };
}
