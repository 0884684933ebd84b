/** The lines of a statement: its ends, and what moved money of the account by the kind of the transfer. */
const WORDS: Record<string, { en: string; sw: string }> = {
  opening: { en: 'Opening balance', sw: 'Salio la mwanzo' },
  closing: { en: 'Closing balance', sw: 'Salio la mwisho' },
  savings_deposit: { en: 'Deposit', sw: 'Akiba iliyowekwa' },
  repayment: { en: 'Excess of a loan repayment', sw: 'Ziada ya malipo ya mkopo' },
  repayment_corrected: { en: 'Loan repayment recomputed', sw: 'Malipo ya mkopo yamekokotolewa upya' },
  taken_back: {
    en: 'Payment reversed: M-PESA has no such payment, or returned it',
    sw: 'Malipo yamebatilishwa: M-PESA haina malipo haya, au iliyarudisha',
  },
  payout_paid: { en: 'Money returned through M-PESA', sw: 'Pesa zilizorudishwa kupitia M-PESA' },
  unmatch: { en: 'Match reversed: the money did not belong to this account', sw: 'Pesa zimeondolewa: hazikuwa za akaunti hii' },
};

const OTHER = { en: 'Transfer', sw: 'Uhamisho' };

/** Says in a member's language what a line of their statement is. */
export const movementWords = (kind: string, language: 'en' | 'sw'): string => (WORDS[kind] ?? OTHER)[language];
