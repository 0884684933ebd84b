import { readPayer } from '../daraja/read-payer.ts';
import { maskPhone } from '../payments/mask-phone.ts';

/** As much of a payer's number as is shown in a list: nothing of what Safaricom has hashed. */
export function maskPayer(told: string | null): string | null {
  const payer = told === null ? undefined : readPayer(told);
  if (payer === undefined || 'sha256' in payer) return null;
  return 'full' in payer ? maskPhone(payer.full) : `0••• ••• ${payer.tail}`;
}
