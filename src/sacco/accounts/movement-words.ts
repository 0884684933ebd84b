/** The lines of a statement: its ends, and what moved money of the account by the kind of the transfer. */
const WORDS: Record<string, { en: string; sw: string }> = {
  opening: { en: 'Opening balance', sw: 'Salio la mwanzo' },
  closing: { en: 'Closing balance', sw: 'Salio la mwisho' },
  savings_deposit: { en: 'Deposit', sw: 'Akiba iliyowekwa' },
  repayment: { en: 'Rest of a loan repayment', sw: 'Salio la malipo ya mkopo' },
  repayment_corrected: { en: 'Loan repayment worked out again', sw: 'Malipo ya mkopo yamekokotolewa upya' },
  taken_back: {
    en: 'Money taken back: M-PESA does not have it, or it was returned',
    sw: 'Pesa zimeondolewa: M-PESA haina malipo haya, au yalirudishwa',
  },
  payout_paid: { en: 'Money returned through M-PESA', sw: 'Pesa zilizorudishwa kupitia M-PESA' },
  unmatch: { en: 'Money taken back that did not belong here', sw: 'Pesa ambazo hazikuwa za hapa zimeondolewa' },
};

const OTHER = { en: 'Transfer', sw: 'Uhamisho' };

/** Says in a member's language what a line of their statement is. */
export const movementWords = (kind: string, language: 'en' | 'sw'): string => (WORDS[kind] ?? OTHER)[language];
