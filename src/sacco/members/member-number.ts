/** A member's number as it is written: `M-00042`. */
export const memberNumber = (number: number): string => `M-${String(number).padStart(5, '0')}`;

/** Reads a member's number with or without its letter, dash and zeros; returns nothing when the text is no member number. */
export function readMemberNumber(typed: string): number | undefined {
  const digits = /^\s*(?:M\s*-?\s*)?(\d{1,9})\s*$/i.exec(typed)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
