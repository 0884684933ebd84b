import type * as z from 'zod';
import { outcomes } from './outcomes.ts';
import { PlanOrRefusal } from './plan.ts';
import { resultOutcomes } from './result-outcomes.ts';
import { ResultPlan } from './result-plan.ts';

/**
 * A phone whose behaviour is known beforehand; `endless` means that its balance and daily limit never run out, `payout` what
 * happens when it is paid (B2C), where that is special.
 */
export type WellKnownPhone = {
  phone: string;
  does: string;
  plan: PlanOrRefusal;
  endless: boolean;
  payout: { does: string; plan: ResultPlan } | null;
};

type PlanInput = z.input<typeof PlanOrRefusal>;
const known = (phone: string, does: string, plan: PlanInput, endless = true): WellKnownPhone => ({
  phone,
  does,
  plan: PlanOrRefusal.parse(plan),
  endless,
  payout: payouts[phone] ?? null,
});

const payout = (does: string, plan: z.input<typeof ResultPlan>) => ({ does, plan: ResultPlan.parse(plan) });
const payouts: Record<string, WellKnownPhone['payout']> = {
  '254711111113': payout('the queue times out and nothing is paid', { timedOut: true, outcome: 'dropped' }),
  '254711111117': payout('the queue times out, and the payment comes after all', { timedOut: true, lateMs: 30_000 }),
  '254711111118': payout('is paid, and the result comes three times', { copies: 3 }),
  '254711111119': payout('is paid, and the result is lost', { lost: true }),
  '254711111120': payout(`fails with the string code ${resultOutcomes['unknown-operator'].code}`, { outcome: 'unknown-operator' }),
  '254711111121': payout('is paid, and the result comes before the response to the request', { resultFirst: true }),
  '254711111122': payout('is paid, but the response to the request is lost', { responseLost: true }),
  '254711111123': payout('the queue times out, and the payment comes without any result', { timedOut: true, lateMs: 30_000, lost: true }),
  '254711111126': payout('is not registered for M-PESA', { outcome: 'not-registered' }),
};

/** The one list of phones that answer by themselves. Every other phone waits for a person at the handset page. */
export const wellKnownPhones: readonly WellKnownPhone[] = [
  known('254708374149', 'pays by itself after a short delay', { outcome: 'paid' }),
  known('254711111111', 'has no balance', { outcome: 'insufficient-funds' }, false),
  known('254711111112', 'cancels the request', { outcome: 'cancelled' }),
  known('254711111113', 'does not answer; the prompt times out', { outcome: 'no-answer' }),
  known('254711111114', 'enters a wrong PIN', { outcome: 'wrong-pin' }),
  known('254711111115', 'cannot be reached', { outcome: 'unreachable' }),
  known('254711111116', 'is busy: the request is refused with "Unable to lock subscriber"', { refusal: 'subscriber-locked' }),
  known('254711111117', 'pays late, after the query has said that the phone cannot be reached', { outcome: 'paid', lateMs: 30_000 }),
  known('254711111118', 'pays, and the callback comes three times', { outcome: 'paid', copies: 3 }),
  known('254711111119', 'pays, and the callback is lost', { outcome: 'paid', lost: true }),
  known('254711111120', `fails with the string code ${outcomes['unknown-operator'].code}`, { outcome: 'unknown-operator' }),
  known('254711111121', 'pays, and the callback comes before the response to the request', { outcome: 'paid', callbackFirst: true }),
  known('254711111122', 'pays, but the response to the request is lost', { outcome: 'paid', responseLost: true }),
  known('254711111123', 'pays late, after a callback has said that it did not', { outcome: 'paid', lateMs: 30_000, failedFirst: true }),
  known('254711111124', 'lets the request expire', { outcome: 'expired' }),
  known('254711111125', 'has a locked PIN', { outcome: 'pin-locked' }),
  known('254711111126', 'is not on the network: the request is refused with "No ICCID found on NMS"', { refusal: 'not-on-network' }),
];

/** The well-known phone of this number, if it is one. */
export const findWellKnownPhone = (phone: string): WellKnownPhone | undefined => wellKnownPhones.find((known) => known.phone === phone);
