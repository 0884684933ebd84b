import * as z from 'zod';
import { outcomeNames } from './outcomes.ts';
import { phoneNumber } from './phone-number.ts';
import { QueryLie } from './query-lie.ts';
import { NoticeOrder, RandomResultOrder, ResultOrder } from './result-plan.ts';

const ms = z.int().min(0);
const rate = z.number().min(0).max(1);

/** Why a request may be refused at once instead of becoming a prompt. */
const refusalNames = ['subscriber-locked', 'not-on-network', 'maintenance'] as const;

const planShape = {
  outcome: z.enum(outcomeNames).default('paid'),
  /** From the request to the outcome; without it `delays.answerMs`, or `delays.promptTimeoutMs` where nobody answers. */
  delayMs: ms.optional(),
  /** From the outcome to the callback; without it `delays.callbackMs`. */
  callbackMs: ms.optional(),
  copies: z.int().min(1).max(20).default(1),
  /** Each further copy comes this much later than the one before. */
  spreadMs: ms.default(0),
  /** No callback at all. */
  lost: z.boolean().default(false),
  /** After `delayMs` the query says 1037; the outcome comes this much later. */
  lateMs: ms.optional(),
  /** With `lateMs`: the 1037 also comes as a callback, before the real outcome. */
  failedFirst: z.boolean().default(false),
  /** The outcome is known and its callback delivered before the request is answered. */
  callbackFirst: z.boolean().default(false),
  /** The C2B notice comes `noticeGapMs` before the callback, `noticeGapMs` after the last one, or never; by default it does not depend on the callback. */
  notice: z.enum(['before', 'after', 'none']).optional(),
  noticeGapMs: ms.default(1_000),
  /** What the query says for a while, true or not. */
  queries: z.array(QueryLie).default([]),
  /** The request is accepted, and the connection breaks before the answer. */
  responseLost: z.boolean().default(false),
  /** Changes to the callback's text, each at the first place found. */
  bodyEdits: z.array(z.strictObject({ find: z.string().min(1), replace: z.string() })).default([]),
};

/** What happens to one accepted prompt. Times in milliseconds of the simulator's clock. */
export const Plan = z.strictObject(planShape);
export type Plan = z.infer<typeof Plan>;

/** A plan that may also refuse the request. */
export const PlanOrRefusal = z.strictObject({ ...planShape, refusal: z.enum(refusalNames).optional() });
export type PlanOrRefusal = z.infer<typeof PlanOrRefusal>;

/**
 * The chances by which a plan is drawn for each prompt. `outcomes` are weights; each callback comes `copies` times, with `shuffle` each copy up to `shuffleMs`
 * after the one before.
 */
export const RandomPlan = z.strictObject({
  outcomes: z.partialRecord(z.enum(outcomeNames), z.number().min(0)).default({ paid: 1 }),
  lostRate: rate.default(0),
  lateRate: rate.default(0),
  callbackFirstRate: rate.default(0),
  responseLostRate: rate.default(0),
  noticeFirstRate: rate.default(0),
  noticeLostRate: rate.default(0),
  /** The query says 1037 until `shuffleMs` after the request. */
  wrongQueryRate: rate.default(0),
  copies: z.int().min(1).max(20).default(1),
  shuffle: z.boolean().default(false),
  shuffleMs: ms.default(60_000),
});
export type RandomPlan = z.infer<typeof RandomPlan>;

const RandomOrder = z.strictObject({ random: RandomPlan });
const PlannedOrder = z
  .strictObject({ ...planShape, refusal: z.enum(refusalNames).optional(), phone: phoneNumber.optional(), next: z.int().min(1).optional() })
  .refine((order) => order.phone !== undefined || order.next !== undefined, { error: 'say which prompts: a phone, or next: how many' });

/**
 * An order for later prompts: for one phone, for the next n prompts (of that phone, when given), or drawn at random for all
 * others. With `api` it is for requests to another API.
 */
export type PlanOrder = z.infer<
  typeof RandomOrder | typeof PlannedOrder | typeof ResultOrder | typeof RandomResultOrder | typeof NoticeOrder
>;
export type PlanOrderInput = z.input<
  typeof RandomOrder | typeof PlannedOrder | typeof ResultOrder | typeof RandomResultOrder | typeof NoticeOrder
>;

const PinAnswer = z.strictObject({ pin: z.string() });
const PlannedAnswer = z.strictObject({ ...planShape, outcome: z.enum(outcomeNames) });

/** What a person or a test answers to an open prompt: a PIN, or a plan to be carried out (at once without `delayMs`). */
export type PromptAnswer = z.infer<typeof PinAnswer> | z.infer<typeof PlannedAnswer>;
export type PromptAnswerInput = z.input<typeof PinAnswer> | z.input<typeof PlannedAnswer>;

const has = (order: unknown, key: string) => typeof order === 'object' && order !== null && key in order;

/** The schema that fits an order for later requests. It is chosen by the order's keys, since the errors of a union name no field. */
export function planOrderSchema(order: unknown) {
  if (has(order, 'random')) return has(order, 'api') ? RandomResultOrder : RandomOrder;
  if (!has(order, 'api')) return PlannedOrder;
  return (order as { api: unknown }).api === 'c2b' ? NoticeOrder : ResultOrder;
}
/** The schema that fits an answer to a prompt. */
export const promptAnswerSchema = (answer: unknown) => (has(answer, 'pin') ? PinAnswer : PlannedAnswer);
