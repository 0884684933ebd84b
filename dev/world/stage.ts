import * as z from 'zod';
import type { Db } from '#ground/db/types.ts';
import { compareBooks } from './read-books.ts';
import type { LocalWorld } from './start-world.ts';
import { answerPrompt, ask, FUNCTION_PAUSE_MS, step } from './take-steps.ts';

/** Where the stories play, and the sessions of the two people in them. */
export type Stage = {
  world: LocalWorld;
  db: Db;
  tell(text: string): void;
  treasurer: string;
  administrator: string;
};

const Messages = z.array(z.object({ id: z.string(), to: z.string(), text: z.string() }));
const Outcome = z.object({ outcome: z.string() });
const Session = z.object({ token: z.string(), role: z.string() });
const Truth = z.object({
  receivedCents: z.string(),
  sentCents: z.string(),
  transactions: z.array(z.object({ kind: z.string(), receipt: z.string(), phone: z.string(), amountShillings: z.number() })),
});
const Opened = z.object({ paymentId: z.uuid(), reference: z.string(), amount: z.number() });

/** Signs one of the staff in. */
export async function signInStaff(world: LocalWorld, role: 'treasurer' | 'admin'): Promise<string> {
  const person = world.staff.find((one) => one.role === role);
  if (!person) throw new Error(`Nobody can sign in as ${role}.`);
  return signInBySms(world, person.phone);
}

/** Signs a person in with the code that comes by SMS, and returns the token of the session. The phone is written as `0712 345 678`. */
export async function signInBySms({ shopUrl, smsUrl }: LocalWorld, phoneNumber: string): Promise<string> {
  const seen = new Set((await ask(Messages, `${smsUrl}/messages`)).map(({ id }) => id));
  await step('asking for a code', () => ask(z.unknown(), `${shopUrl}/api/sign-in/code`, { phoneNumber }));
  const code = await step('waiting for the code by SMS', async () => {
    const sent = (await ask(Messages, `${smsUrl}/messages`)).filter(({ id, to }) => to === inFull(phoneNumber) && !seen.has(id));
    return sent.map(({ text }) => /^\d{6}\b/.exec(text)?.[0]).findLast((found) => found !== undefined); // other news may come after it
  });
  const { token } = await step('signing in', () => ask(Session, `${shopUrl}/api/sign-in`, { phoneNumber, code }));
  return token;
}

/** A phone as M-PESA writes it. */
export const inFull = (phoneNumber: string): string => `254${phoneNumber.replace(/\s/g, '').slice(1)}`;

/** Waits for an SMS to a phone that says something, and returns its text. */
export const smsThatSays = ({ world: { smsUrl } }: Stage, phoneNumber: string, words: RegExp): Promise<string> =>
  step(`waiting for an SMS that says ${words.source}`, async () => {
    const messages = await ask(Messages, `${smsUrl}/messages`);
    return messages.findLast(({ to, text }) => to === inFull(phoneNumber) && words.test(text))?.text;
  });

/** Pays at the paybill, with what is typed as the account. */
export async function payAtPaybill(
  { world: { simulatorUrl } }: Stage,
  phoneNumber: string,
  amountShillings: number,
  account: string,
): Promise<void> {
  const order = { phone: inFull(phoneNumber), amountShillings, account };
  const { outcome } = await step('paying at the paybill', () => ask(Outcome, `${simulatorUrl}/simulator/pay-bill`, order));
  if (outcome !== 'paid') throw new Error(`The payment at the paybill ended as ${outcome}.`);
}

/** Has a customer prompted, who enters the PIN or cancels; resolves when our functions know how it ended. */
export async function payByPrompt(
  { world: { shopUrl, simulatorUrl } }: Stage,
  body: object,
  answer: { pin: string } | { outcome: 'cancelled' },
): Promise<z.output<typeof Opened>> {
  const opened = await step('asking for a payment', () => ask(Opened, `${shopUrl}/api/payments/stk-push`, body));
  await step('answering the prompt', () => answerPrompt(simulatorUrl, opened.reference, answer));
  await becomes(`${shopUrl}/api/payments/${opened.paymentId}`, { status: 'pin' in answer ? 'paid' : 'failed' });
  return opened;
}

/** Waits until what is at an address has these values. */
export async function becomes(url: string, expected: Record<string, string>): Promise<void> {
  const said = Object.entries(expected);
  const look = async () => {
    const found = await ask(z.record(z.string(), z.unknown()), url);
    return said.every(([name, value]) => found[name] === value) ? true : undefined;
  };
  await step(`waiting for ${said.map(([name, value]) => `${name} ${value}`).join(', ')}`, look, FUNCTION_PAUSE_MS);
}

/** What M-PESA moved. */
export const readTruth = ({ world }: Stage): Promise<z.output<typeof Truth>> => ask(Truth, `${world.simulatorUrl}/simulator/truth`);

/** Waits until the ledger holds what M-PESA moved and nothing is in clearing, and reports it. */
export async function expectBooks(stage: Stage): Promise<void> {
  const { movedCents, chargedCents } = await step('comparing the books', async () => {
    const truth = await readTruth(stage);
    const { agree, clearingCents, chargedCents } = await compareBooks(stage.db, truth);
    return agree && clearingCents === 0n ? { movedCents: BigInt(truth.receivedCents) - BigInt(truth.sentCents), chargedCents } : undefined;
  });
  const [moved, charged] = [movedCents, chargedCents].map((cents) => say(Number(cents) / 100));
  const charges = chargedCents > 0n ? `, less charges of KES ${charged} that the statement told,` : '';
  stage.tell(`The books: the paybill holds KES ${moved}${charges} in the ledger as at M-PESA, nothing waits in clearing.`);
}

/** An amount of shillings as people write it. */
export const say = (shillings: number): string => shillings.toLocaleString('en');
