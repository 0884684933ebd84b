const FIRST_YEAR = 2006; // the letter A; in a real export of 2025 all 218 receipts begin with T
const CODE = /^([A-Z])([A-L])([1-9A-V])[A-Z0-9]{7}$/;
const TEN = 10;

/** Whether a receipt has the form in which M-PESA encodes a day, even where no such day exists. */
export const isDated = (receipt: string): boolean => CODE.test(receipt.trim().toUpperCase());

/** The day in Nairobi that M-PESA encodes in the first three characters of a receipt: year, month, day. Undefined for a text of another form, and where no such day exists. */
export function receiptDay(receipt: string): string | undefined {
  const [, year = '', month = '', day = ''] = CODE.exec(receipt.trim().toUpperCase()) ?? [];
  if (!year) return undefined;
  const date = /\d/.test(day) ? Number(day) : day.charCodeAt(0) - 'A'.charCodeAt(0) + TEN;
  const at = new Date(Date.UTC(FIRST_YEAR + year.charCodeAt(0) - 'A'.charCodeAt(0), month.charCodeAt(0) - 'A'.charCodeAt(0), date));
  return at.getUTCDate() === date ? at.toISOString().slice(0, 10) : undefined; // there is no 31 February
}

/** The first three characters of the receipts of a day in Nairobi. */
export function receiptPrefix(day: string): string {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  const letter = (n: number) => String.fromCharCode('A'.charCodeAt(0) + n);
  return letter(year - FIRST_YEAR) + letter(month - 1) + (date < TEN ? String(date) : letter(date - TEN));
}
