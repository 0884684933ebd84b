/** What the numbers of each kind begin with. */
export const SERIES = { invoice: 'INV', receipt: 'RCT', credit_note: 'CRN' } as const;

/** An invoice's number as it is printed, `INV-2026-000123`. The number itself is given by number-invoices.ts, without gaps. */
export const printNumber = (kind: keyof typeof SERIES, year: number, sequence: number): string =>
  `${SERIES[kind]}-${year}-${String(sequence).padStart(6, '0')}`;
