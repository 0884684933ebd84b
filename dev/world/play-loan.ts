import * as z from 'zod';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import {
  expectBooks,
  inFull,
  payAtPaybill,
  payByPrompt,
  readTruth,
  type Stage,
  say,
  signInBySms,
  signInStaff,
  smsThatSays,
} from './stage.ts';
import { ask, FUNCTION_PAUSE_MS, step } from './take-steps.ts';
import { worldNow } from './travel.ts';

/** What the story of the loans proves; amounts in shillings. */
export type LoanResult = {
  reference: string;
  /** Balances after KES 1,000 at the paybill: of a loan to which a payment goes up to what is due, and of one to which all of it goes. */
  balanceByInstalment: number;
  savings: number;
  balanceByFull: number;
  stillDueOfInstalment: number;
  penalty: number;
  state: string;
};

const BORROWER = {
  phone: '0721 000 333',
  name: 'Wanjiru Mwangi',
  email: 'wanjiru@example.com',
  nationalId: '28765432',
  bornOn: '1991-04-02',
};
const LENT = 5_000;
const INSTALMENT = 500;

const Joined = z.object({ number: z.string(), savings: z.object({ accountId: z.uuid(), reference: z.string() }) });
const Applied = z.object({ loanId: z.uuid(), reference: z.string() });
const Loan = z.object({
  state: z.string(),
  outstanding: z.number().default(LENT), // absent until the loan is disbursed
  penalties: z.array(z.object({ amount: z.number(), explanation: z.string() })).default([]),
});
const Statement = z.object({ closingBalance: z.number() });
const Settlement = z.object({ amount: z.number() });

/** One loan of the story, and the stage that it plays on. */
type Scene = { stage: Stage; loanId: string; reference: string };

/**
 * A member joins and borrows KES 5,000 in ten weekly instalments; pays KES 1,000 at the paybill, KES 200 of the next instalment, and nothing of the rest: there
 * is a reminder, then a penalty with its explanation. Then the loan is settled early and closed, and a loan on the other policy shows what the same payment does
 * there.
 */
export async function playLoan(stage: Stage): Promise<LoanResult> {
  const { world, tell } = stage;
  const { shopUrl } = world;
  await payByPrompt(stage, { phoneNumber: '0722 111 444', items: [{ sku: 'coffee', quantity: 20 }] }, { pin: '1234' });
  tell('Twenty bags of coffee are sold by prompt: there is money to lend.');
  let member = await signInBySms(world, BORROWER.phone);
  const { phone: phoneNumber, ...about } = BORROWER;
  const joined = await step('joining', () => ask(Joined, `${shopUrl}/api/members`, { phoneNumber, ...about }, member));
  tell(`Wanjiru signs in with a code by SMS and joins: member ${joined.number}, savings ${joined.savings.reference}.`);
  const saved = async () => {
    const { closingBalance } = await ask(Statement, `${shopUrl}/api/accounts/${joined.savings.accountId}/statement`, undefined, member);
    return closingBalance;
  };

  const first = await lend(stage, member, 'weekly');
  await payAtPaybill(stage, BORROWER.phone, 2 * INSTALMENT, `loan ${first.reference.slice(3).toLowerCase()}`);
  const afterFirst = await seen(first, member, ({ outstanding }) => outstanding < LENT);
  const savings = await step('reading the savings', saved);
  tell(
    `She pays KES 1,000 at the paybill: KES ${say(LENT - afterFirst.outstanding)} to the loan, balance KES ${say(afterFirst.outstanding)}; KES ${say(savings)} to her savings.`,
  );

  await passDays(world, 11);
  const reminder = await smsThatSays(
    stage,
    BORROWER.phone,
    new RegExp(`KES 500\\b[\\s\\S]*${first.reference}|${first.reference}[\\s\\S]*KES 500\\b`),
  );
  tell(`Eleven days later, three days before the second is due: "${inOneLine(reminder)}"`);
  await payByPrompt(stage, { type: 'loan_repayment', subject: first.reference, amount: 200, phoneNumber: BORROWER.phone }, { pin: '1234' });
  member = await signInBySms(world, BORROWER.phone);
  const afterPart = await seen(first, member, ({ outstanding }) => outstanding === LENT - INSTALMENT - 200);
  const stillDueOfInstalment = INSTALMENT - 200;
  await smsThatSays(stage, BORROWER.phone, /KES 300\b/);
  await smsThatSays(stage, phoneOf(stage, 'treasurer'), /KES 200\b/);
  tell(
    `She pays KES 200 of the KES 500: KES ${say(stillDueOfInstalment)} of that instalment stay, balance KES ${say(afterPart.outstanding)}. She and the treasurer are told.`,
  );

  await passDays(world, 7);
  member = await signInBySms(world, BORROWER.phone);
  const late = await seen(first, member, ({ penalties }) => penalties.length > 0);
  const [penalty] = late.penalties;
  if (late.penalties.length !== 1 || !penalty || penalty.amount !== stillDueOfInstalment / 10)
    throw new Error(`Another penalty was expected: ${JSON.stringify(late.penalties)}`);
  const digest = await smsThatSays(stage, BORROWER.phone, /KES 30\b/);
  tell(`She is late, and the days of grace pass: a penalty of KES ${say(penalty.amount)}. ${penalty.explanation}`);
  tell(`The next morning: "${inOneLine(digest)}"`);

  await settleEarly(first, member);
  const closed = await seen(first, member, ({ state }) => state === 'closed');
  tell(`She settles the rest early: the loan is ${closed.state}.`);

  const second = await lend({ ...stage, treasurer: await signInStaff(world, 'treasurer') }, member, 'weekly-full');
  await payAtPaybill(stage, BORROWER.phone, 2 * INSTALMENT, second.reference);
  const afterFull = await seen(second, member, ({ outstanding }) => outstanding < LENT);
  if ((await saved()) !== savings) throw new Error('A payment that all belongs to the loan was saved.');
  tell(`On the other policy the same KES 1,000 all go to the loan: balance KES ${say(afterFull.outstanding)}.`);
  await expectBooks(stage);
  return {
    ...{ reference: first.reference, balanceByInstalment: afterFirst.outstanding, savings, balanceByFull: afterFull.outstanding },
    ...{ stillDueOfInstalment, penalty: penalty.amount, state: closed.state },
  };
}

/** From the application to the money on the phone. */
async function lend(stage: Stage, member: string, productCode: string): Promise<Scene> {
  const { world, tell, treasurer } = stage;
  const { shopUrl } = world;
  const received = async () =>
    (await readTruth(stage)).transactions.filter(({ kind, phone }) => kind === 'b2c' && phone === inFull(BORROWER.phone)).length;
  const before = await received();
  const application = { productCode, amount: LENT };
  const { loanId, reference } = await step('applying', () => ask(Applied, `${shopUrl}/api/loans`, application, member));
  await step('approving the loan', () => ask(z.unknown(), `${shopUrl}/api/loans/${loanId}/decision`, { decision: 'approve' }, treasurer));
  await step('disbursing', () => ask(z.unknown(), `${shopUrl}/api/loans/${loanId}/disburse`, {}, treasurer));
  const scene = { stage, loanId, reference };
  await seen(scene, member, ({ state }) => state === 'active');
  if ((await received()) !== before + 1) throw new Error('The loan was not paid out exactly once.');
  tell(
    `She applies for KES ${say(LENT)} (${reference}, ${productCode}), the treasurer approves and disburses, M-PESA pays it out once: the loan is active.`,
  );
  return scene;
}

/** Asks what closes the loan today, and pays that. */
async function settleEarly({ stage, loanId, reference: subject }: Scene, member: string): Promise<void> {
  const url = `${stage.world.shopUrl}/api/loans/${loanId}/settlement`;
  const { amount } = await step('asking for the early settlement', () => ask(Settlement, url, {}, member));
  await payByPrompt(stage, { type: 'loan_repayment', subject, amount, phoneNumber: BORROWER.phone }, { pin: '1234' });
}

/** Waits until `isSo` holds for the loan, and returns it. */
function seen({ stage, loanId }: Scene, member: string, isSo: (loan: z.output<typeof Loan>) => boolean): Promise<z.output<typeof Loan>> {
  const look = async () => {
    const loan = await ask(Loan, `${stage.world.shopUrl}/api/loans/${loanId}`, undefined, member);
    return isSo(loan) ? loan : undefined;
  };
  return step('looking at the loan', look, FUNCTION_PAUSE_MS);
}

function phoneOf({ world }: Stage, role: 'treasurer' | 'admin'): string {
  const person = world.staff.find((one) => one.role === role);
  if (!person) throw new Error(`There is no ${role}.`);
  return person.phone;
}

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ');

/**
 * Puts a local world some days ahead, to noon in Nairobi, with what the platform runs that night and morning. The nights in between are missed: the runs make up for
 * them.
 */
async function passDays(world: Stage['world'], days: number): Promise<void> {
  const day = addDays(nairobiDay(worldNow()), days);
  await world.travel([nairobiMoment(day, 0.25), nairobiMoment(day, 8), nairobiMoment(day, 12)]);
}
