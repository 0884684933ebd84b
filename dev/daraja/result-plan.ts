import * as z from 'zod';
import { phoneNumber } from './phone-number.ts';
import { resultOutcomeNames } from './result-outcomes.ts';

const ms = z.int().min(0);

/** The APIs whose result is posted later. */
export const resultApis = ['b2c', 'transactionstatus', 'accountbalance', 'reversal'] as const;
export type ResultApi = (typeof resultApis)[number];

/** How something is posted to the merchant. */
const deliveryShape = {
  /** From the outcome to the post; without it `delays.callbackMs`. */
  callbackMs: ms.optional(),
  copies: z.int().min(1).max(20).default(1),
  /** Each further copy comes this much later than the one before. */
  spreadMs: ms.default(0),
  /** Nothing is posted at all. */
  lost: z.boolean().default(false),
  /** Changes to the text, each at the first place found. */
  bodyEdits: z.array(z.strictObject({ find: z.string().min(1), replace: z.string() })).default([]),
};

/** How the confirmation of a C2B payment is delivered. */
export const DeliveryPlan = z.strictObject(deliveryShape);
export type DeliveryPlan = z.infer<typeof DeliveryPlan>;

const party = z.union([
  z.enum(['true', 'absent', 'phone', 'masked-phone', 'name', 'nine-digits', 'agent', 'ourselves']),
  z.strictObject({ text: z.string() }),
]);

const resultShape = {
  ...deliveryShape,
  /** `completed` still depends on balance, limits and names; `dropped`: it is never carried out and no result comes. */
  outcome: z.enum([...resultOutcomeNames, 'dropped']).default('completed'),
  /** From the request to the outcome; without it `delays.resultMs`. */
  delayMs: ms.optional(),
  /** After `delayMs` the QueueTimeOutURL is called; the outcome comes `lateMs` later. */
  timedOut: z.boolean().default(false),
  lateMs: ms.default(0),
  /** The result is delivered before the request is answered. */
  resultFirst: z.boolean().default(false),
  /** The request is accepted, and the connection breaks before the answer. */
  responseLost: z.boolean().default(false),
  /** The request is accepted, and answered with a 500. */
  responseError: z.boolean().default(false),
  /** Overrides the switch of this name for this request. */
  resultOriginatorId: z.enum(['yours', 'gateway']).optional(),
  /** For a payout that was made: which of the two receipts in its result belongs to no transaction. */
  receipts: z.enum(['same', 'other-id', 'other-receipt']).default('same'),
  /** For a status answer: how it names a party, in place of the truth. */
  debitParty: party.optional(),
  creditParty: party.optional(),
};

/** What happens to one accepted request. Times in milliseconds of the simulator's clock. */
export const ResultPlan = z.strictObject(resultShape);
export type ResultPlan = z.infer<typeof ResultPlan>;

const rate = z.number().min(0).max(1).default(0);
/** The chances by which a plan is drawn for each request; `outcomes` are weights, and with `shuffle` waits are drawn up to `shuffleMs`. */
export const RandomResultPlan = z.strictObject({
  outcomes: z.partialRecord(resultShape.outcome.unwrap(), z.number().min(0)).default({ completed: 1 }),
  timedOutRate: rate,
  lostRate: rate,
  resultFirstRate: rate,
  responseLostRate: rate,
  responseErrorRate: rate,
  copies: z.int().min(1).max(20).default(1),
  shuffle: z.boolean().default(false),
  shuffleMs: ms.default(60_000),
});
export type RandomResultPlan = z.infer<typeof RandomResultPlan>;

/** An order to draw the plans of all requests to one API that nothing else was arranged for. */
export const RandomResultOrder = z.strictObject({ api: z.enum(resultApis), random: RandomResultPlan });

const whom = { phone: phoneNumber.optional(), next: z.int().min(1).optional() };

/** An order for later requests to one of these APIs: for the next n, for one recipient (B2C), or for all. */
export const ResultOrder = z.strictObject({ api: z.enum(resultApis), ...resultShape, ...whom });
/** An order for later confirmations: of the next n payments, of one customer, or of all. */
export const NoticeOrder = z.strictObject({ api: z.literal('c2b'), ...deliveryShape, ...whom });

/** A plan that waits for its requests: `left` is how many, null where it holds until it is replaced. */
export type Arranged<P> = { phone: string | null; left: number | null; plan: P };

/**
 * Takes the plan for this phone out of those arranged: first what was ordered for the next n, then for the phone, then for all.
 * The latest order of a kind counts. null: nothing was arranged.
 */
export function takePlan<P>(arranged: Arranged<P>[], phone: string | null): P | null {
  const fits = arranged.filter((order) => order.phone === null || order.phone === phone);
  const next = fits.find((order) => order.left !== null);
  if (next?.left) {
    next.left -= 1;
    if (next.left === 0) arranged.splice(arranged.indexOf(next), 1);
    return next.plan;
  }
  return (fits.findLast((order) => order.phone !== null) ?? fits.at(-1))?.plan ?? null;
}
