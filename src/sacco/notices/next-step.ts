import { kes } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { printDay, toPay } from './print-amounts.ts';
import type { Dues } from './read-dues.ts';

/** What is left of a loan and what is to be paid next: what is due now, else the rest of an instalment that is paid in part, else the next one. */
export function nextStep({ state, balanceCents, dueCents, dueSince, next }: Dues, today: Day, language: Language): string[] {
  const say = STEPS[language];
  if (balanceCents === 0n) return state === 'closed' ? [say.paid] : state === 'closing' ? [say.closing] : [];
  const balance = say.balance(kes(balanceCents));
  if (dueCents > 0n && dueSince && dueSince < today) return [balance, say.since(toPay(dueCents), printDay(dueSince, language))];
  if (dueCents > 0n) return [balance, say.now(toPay(dueCents))];
  if (!next) return [balance];
  const [amount, by] = [toPay(next.unpaidCents), printDay(next.dueOn, language)];
  return [balance, next.begun ? say.rest(next.number, amount, by) : say.next(amount, by)];
}

const STEPS = {
  en: {
    paid: 'The loan is fully paid.',
    closing: 'The loan closes once it is confirmed.',
    balance: (amount: string) => `Loan balance ${amount}.`,
    since: (amount: string, day: string) => `Due now: ${amount}, since ${day}.`,
    now: (amount: string) => `Due now: ${amount}.`,
    rest: (number: number, amount: string, day: string) => `Left to pay of instalment ${number}: ${amount} by ${day}.`,
    next: (amount: string, day: string) => `Next: ${amount} by ${day}.`,
  },
  sw: {
    paid: 'Mkopo umelipwa wote.',
    closing: 'Mkopo utafungwa malipo yakithibitishwa.',
    balance: (amount: string) => `Salio la mkopo ${amount}.`,
    since: (amount: string, day: string) => `Lipa sasa: ${amount}, unazodaiwa tangu ${day}.`,
    now: (amount: string) => `Lipa sasa: ${amount}.`,
    rest: (number: number, amount: string, day: string) => `Awamu ya ${number} imebaki ${amount}, lipa kufikia ${day}.`,
    next: (amount: string, day: string) => `Inayofuata: ${amount} kufikia ${day}.`,
  },
};
