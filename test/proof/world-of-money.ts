import { createHash } from 'node:crypto';

/** How a notice shows who paid. */
export type Hint = 'full' | 'hashed' | 'masked' | 'hidden';

/** What stands in the reference of a notice: a payment's own reference, nothing, or a word that nobody knows. */
export type Wrote = 'reference' | 'nothing' | 'word';

/** One prompt for each payment of a lane. `query`: whether Safaricom ever answers what became of it; before, it says `early`. */
export type PromptPlan = { ends: 'paid' | 'cancelled' | 'unreachable'; query: boolean; early: '4999' | '1037'; hint: Hint };

/** Money that somebody sent without a prompt. The twin's number looks like the customer's where it is masked. */
export type HandPlan = { payment: number; wrote: Wrote; payer: 'own' | 'twin' | 'other'; hint: Hint };

/** A notice that is not true: with a receipt that nobody has, with that of a payout of ours, or with that of the real movement that it `borrows` from, under other words. */
export type LiePlan = { payment: number; receipt: 'made up' | 'payout' | 'borrowed'; borrows?: Borrowed; wrote: Wrote; hint: Hint };

export type Borrowed = { about: 'prompt' | 'hand'; n: number };

/**
 * What Safaricom really did in one sequence, and what others say it did. All of it is one amount in one minute, the hardest case. `mute`: the notices of prompts carry no
 * reference, as a till's. `status`: whether Safaricom answers about receipts. `pull`: whether its pull lists what moved, all of it in the end; `statement`: whether a
 * statement does, which two people sign. Both are alike in a batch.
 */
export type Plan = {
  prompts: PromptPlan[];
  hands: HandPlan[];
  lies: LiePlan[];
  mute: boolean;
  status: boolean;
  pull: boolean;
  statement?: boolean;
};

/** Whether what moved is listed in the end, and what is not listed is refuted. */
export const isListed = ({ pull, statement = false }: Plan): boolean => pull || statement;

/** What of it is told, by which source. */
export type Telling = { source: 'callback' | 'notice'; about: 'prompt' | 'hand' | 'lie'; n: number };

/** One payment of a lane, as the product made it. */
export type Owed = {
  paymentId: string;
  reference: string;
  attemptId: string;
  checkoutRequestId: string;
  callbackPath: string;
  phone: string;
};

/** A plan come true: one sequence with phones, receipts and an amount of its own, so that it disturbs no other. */
export type Lane = {
  plan: Plan;
  shillings: number;
  startedAt: Date;
  owed: Owed[];
  promptReceipts: string[];
  handReceipts: string[];
  lieReceipts: string[];
  twinPhone: string;
  otherPhone: string;
};

let lastReceipt = 0;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** A receipt that no other movement has; the first three characters are the day, as Safaricom writes it. */
export function newReceipt(at: Date): string {
  lastReceipt += 1;
  const nairobi = new Date(at.getTime() + 3 * 3_600_000);
  const day = nairobi.getUTCDate();
  const prefix = `${LETTERS[nairobi.getUTCFullYear() - 2006]}${LETTERS[nairobi.getUTCMonth()]}${day < 10 ? day : LETTERS[day - 10]}`;
  return `${prefix}P${lastReceipt.toString(36).toUpperCase().padStart(6, '0')}`;
}

let lastPhone = 0;

/** Phones of one lane: the last three digits of all are different, but the twin's, which are the first customer's. */
export function newPhones(): { customers: string[]; twin: string; other: string } {
  lastPhone += 1;
  const phone = (middle: number, tail: number) => `2547${String(middle % 100_000).padStart(5, '0')}${String(tail % 1000).padStart(3, '0')}`;
  const tail = (lastPhone * 4) % 1000;
  return {
    customers: [phone(lastPhone * 2, tail), phone(lastPhone * 2, tail + 1)],
    twin: phone(lastPhone * 2 + 1, tail),
    other: phone(lastPhone * 2, tail + 2),
  };
}

/** A phone as a notice or a status answer writes it. */
export function show(phone: string, hint: Hint): string {
  if (hint === 'full') return phone;
  if (hint === 'hashed') return createHash('sha256').update(phone).digest('hex');
  return hint === 'masked' ? `${phone.slice(0, 4)} ***** ${phone.slice(-3)}` : '';
}

const AFTER_START_MS = 20_000;

/** When the money of a lane moved, by Safaricom's clock. */
export const movedAt = ({ startedAt }: Pick<Lane, 'startedAt'>): Date => new Date(startedAt.getTime() + AFTER_START_MS);

/** A real movement as Safaricom knows it: its receipt, what was written as reference, by whom, and how the payer is shown. */
export type Moved = { about: 'prompt' | 'hand'; n: number; receipt: string; wrote: Wrote; payment: number; phone: string; hint: Hint };

/** A receipt that a notice or a list names, and what is said of it. `really`: how Safaricom itself shows who paid. */
export type Receipt = {
  receipt: string;
  wrote: Wrote;
  payment: number;
  shown: string;
  hint: Hint;
  proved: boolean;
  really: { shown: string; hint: Hint };
};

/** The real movements of a lane. */
export function movedIn({ plan, owed, promptReceipts, handReceipts, twinPhone, otherPhone }: Lane): Moved[] {
  const prompts = plan.prompts.flatMap(({ ends, hint }, n): Moved[] => {
    const [receipt, phone] = [promptReceipts[n], owed[n]?.phone];
    if (ends !== 'paid' || !receipt || !phone) return [];
    return [{ about: 'prompt', n, receipt, wrote: plan.mute ? 'nothing' : 'reference', payment: n, phone, hint }];
  });
  const hands = plan.hands.flatMap(({ payment, wrote, payer, hint }, n): Moved[] => {
    const phone = payer === 'own' ? owed[payment]?.phone : payer === 'twin' ? twinPhone : otherPhone;
    const receipt = handReceipts[n];
    return receipt && phone ? [{ about: 'hand', n, receipt, wrote, payment, phone, hint }] : [];
  });
  return [...prompts, ...hands];
}

/** What stands in the reference of a notice or a line. */
export const written = ({ owed }: Lane, { wrote, payment }: { wrote: Wrote; payment: number }): string =>
  ({ reference: owed[payment]?.reference ?? '', nothing: '', word: 'SCHOOL' })[wrote];
