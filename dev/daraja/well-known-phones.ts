import type * as z from 'zod';
import { outcomes } from './outcomes.ts';
import { PlanOrRefusal } from './plan.ts';

/** A phone whose behaviour is known beforehand; `endless` means that its balance and daily limit never run out. */
export type WellKnownPhone = { phone: string; does: string; plan: PlanOrRefusal; endless: boolean };

type PlanInput = z.input<typeof PlanOrRefusal>;
const known = (phone: string, does: string, plan: PlanInput, endless = true): WellKnownPhone => ({
  phone,
  does,
  plan: PlanOrRefusal.parse(plan),
  endless,
});

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
