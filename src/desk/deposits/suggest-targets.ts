import { rowsOf } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { OpenPayment, openPaymentsSql, type PaymentSuggestion, suggestPayments, type Waiting } from './suggest-payments.ts';
import { type StandingSuggestion, StandingTarget, standingSql, suggestStanding } from './suggest-standing.ts';

const MOST = 5;
const WEIGHTS = { reference: 4, phone: 2, phone_end: 1, amount: 1 };

type Suggestion = PaymentSuggestion | StandingSuggestion;

const weigh = ({ reasons }: Suggestion): number => reasons.reduce((sum, reason) => sum + WEIGHTS[reason], 0);

/** What each deposit may be for, best first: open payments, loans and accounts. One round trip for all. */
export async function suggestTargets(db: Db, deposits: Waiting[]): Promise<Map<string, Suggestion[]>> {
  if (deposits.length === 0) return new Map();
  const [open, standing] = await db.batch([db.execute(openPaymentsSql(deposits)), db.execute(standingSql(deposits))]);
  const [payments, targets] = [rowsOf(OpenPayment, open.rows), rowsOf(StandingTarget, standing.rows)];
  const suggestionsFor = (deposit: Waiting) =>
    [...suggestPayments(deposit, payments), ...suggestStanding(deposit, targets)].sort((a, b) => weigh(b) - weigh(a)).slice(0, MOST);
  return new Map(deposits.map((deposit) => [deposit.id, suggestionsFor(deposit)]));
}
