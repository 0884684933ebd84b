import * as z from 'zod';
import type { Db } from '#ground/db/types.ts';
import { withDatabase } from './prepare-database.ts';
import { compareBooks, readProgress } from './read-books.ts';
import type { LocalWorld } from './start-world.ts';
import { answerPrompt, ask, download, isPdf, step } from './take-steps.ts';

/** What the demo proves, as it prints it in its last line. */
export type StoryResult = {
  paymentId: string;
  status: string;
  receipt: string;
  amount: number;
  invoiceNumber: string;
  emailTo: string;
  pdfBytes: number;
  ledgerBalanced: boolean;
  clearingCents: string;
};

const CUSTOMER = { phoneNumber: '0712 345 678', name: "Wanjikũ Ng'ang'a", email: 'wanjiku@example.com' };

const Items = z.object({ items: z.array(z.object({ sku: z.string(), name: z.string(), kind: z.string() })) });
const Opened = z.object({
  paymentId: z.uuid(),
  status: z.literal('pending'),
  amount: z.number(),
  maskedPhone: z.string(),
  reference: z.string(),
});
const Paid = z.object({ status: z.literal('paid'), amount: z.number(), mpesaReceiptNumber: z.string(), invoiceUrl: z.string() });
const Truth = z.object({ receivedCents: z.string(), sentCents: z.string(), callbacksDelivered: z.number() });
const Mails = z.array(
  z.object({
    id: z.string(),
    to: z.array(z.unknown()),
    subject: z.string(),
    attachments: z.array(z.object({ filename: z.string(), bytes: z.number() })),
  }),
);

/**
 * One customer buys, pays and gets the invoice, over HTTP as a page, a phone and a mail program would; each step is reported once it is seen. Throws with the
 * step that went wrong.
 */
export async function playStory(world: LocalWorld, tell: (text: string) => void): Promise<StoryResult> {
  return withDatabase(world.databaseUrl, (db) => play(world, db, tell));
}

async function play({ shopUrl, simulatorUrl, inboxUrl }: LocalWorld, db: Db, tell: (text: string) => void): Promise<StoryResult> {
  const { items } = await step('reading the price list', () => ask(Items, `${shopUrl}/api/items`));
  tell(`The shop at ${shopUrl} sells ${items.filter(({ kind }) => kind !== 'booking_fee').length} things.`);

  const basket = { ...CUSTOMER, items: [{ sku: 'coffee', quantity: 2 }, { sku: 'mug' }] };
  const opened = await step('asking for a payment', () => ask(Opened, `${shopUrl}/api/payments/stk-push`, basket));
  const { paymentId, amount } = opened;
  tell(`Prompt sent: ${opened.maskedPhone} is asked for KES ${amount.toLocaleString('en')} (${opened.reference}).`);

  await step('entering the PIN', () => answerPrompt(simulatorUrl, opened.reference, { pin: '1234' }));
  tell('PIN entered on the handset: the money moves.');

  const progress = (what: string, done: (row: Awaited<ReturnType<typeof readProgress>>) => boolean) =>
    step(what, async () => {
      const row = await readProgress(db, paymentId);
      return done(row) ? row : undefined;
    });
  await progress('waiting for the callback', ({ calledBack }) => calledBack);
  tell('Callback received and kept, word for word.');
  const settled = await progress('settling', ({ status, receipt }) => status === 'paid' && receipt !== null);
  tell(`Settled: M-PESA code ${settled.receipt}, booked from the paybill to clearing.`);
  await progress('allocating', ({ allocated }) => allocated);
  tell('Allocated: from clearing to sales and VAT.');
  const numbered = await progress('numbering the invoice', ({ invoiceNumber }) => invoiceNumber !== null);
  tell(`Invoice numbered: ${numbered.invoiceNumber}.`);

  const paid = await step('polling the status', () => ask(Paid, `${shopUrl}/api/payments/${paymentId}`));
  await progress('mailing the invoice', ({ sent }) => sent);
  const mail = await step('looking into the inbox', async () => (await ask(Mails, `${inboxUrl}/messages`))[0]);
  const emailTo = addressOf(mail.to[0]);
  const pdf = await step('opening the attached PDF', () => download(`${inboxUrl}/messages/${mail.id}/attachments/0`));
  tell(`Mail sent to ${emailTo}: "${mail.subject}" with ${mail.attachments[0]?.filename}.`);

  const opens = await step('opening the invoice from the page', () => download(`${shopUrl}${paid.invoiceUrl}`));

  const truth = await step("asking for M-PESA's own truth", () => ask(Truth, `${simulatorUrl}/simulator/truth`));
  const books = await compareBooks(db, truth);
  tell(
    `The books: ${books.agree ? 'the ledger holds what M-PESA moved' : 'the ledger differs from what M-PESA moved'}, ${books.clearingCents} cents wait in clearing.`,
  );

  const result: StoryResult = {
    paymentId,
    status: numbered.status,
    receipt: numbered.receipt ?? '',
    amount: Number(numbered.amountCents / 100n),
    invoiceNumber: numbered.invoiceNumber ?? '',
    emailTo,
    pdfBytes: pdf.length,
    ledgerBalanced: books.agree,
    clearingCents: books.clearingCents.toString(),
  };
  const wrong = [
    [result.amount !== amount || paid.amount !== amount, 'the amounts differ'],
    [paid.mpesaReceiptNumber !== result.receipt, 'the page shows another M-PESA code than the books'],
    [emailTo !== CUSTOMER.email, 'the mail went to somebody else'],
    [!mail.subject.includes(result.invoiceNumber), 'the mail is about another invoice'],
    [!isPdf(pdf), 'the attachment is not a PDF'],
    [!isPdf(opens), "the page's link does not open a PDF"],
    [!books.agree, "the ledger's float is not what M-PESA moved"],
    [books.clearingCents !== 0n, 'something waits in clearing'],
  ].flatMap(([isWrong, what]) => (isWrong ? [what] : []));
  if (wrong.length > 0) throw new Error(`At the end ${wrong.join(', ')}: ${JSON.stringify(result)}`);
  return result;
}

const addressOf = (recipient: unknown): string =>
  z.union([z.string(), z.object({ email: z.string() }).transform(({ email }) => email)]).parse(recipient);
