const FIRST_YEAR = 2006; // A; 2025 is T, 2026 U in recorded receipts
const DAYS = '123456789ABCDEFGHIJKLMNOPQRSTUV';

/** The day on which M-PESA gave out a receipt, as its first three characters encode it (year, month, day); undefined when they are no day. */
export function receiptDay(receipt: string): string | undefined {
  const [year = '', month = '', day = ''] = receipt;
  const [monthOfYear, dayOfMonth] = [month.charCodeAt(0) - 64, DAYS.indexOf(day) + 1];
  if (!/[A-Z]/.test(year) || monthOfYear < 1 || monthOfYear > 12 || dayOfMonth < 1) return undefined;
  const text = `${FIRST_YEAR + year.charCodeAt(0) - 65}-${String(monthOfYear).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`;
  const at = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text) ? text : undefined; // no 31 February
}
