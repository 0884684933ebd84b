import { balances } from '#books/ledger/balance.ts';
import { signedIn } from '../world/person.ts';
import { linesOf } from './account.ts';
import { asNotPaid, type Ends, expectEnds, expectTakenBack, leaveOpenWhen, type Verdict } from './expectation.ts';
import { beginPaper, endPaper, expectNoDifference, type PaperStep, sign, upload } from './paper.ts';
import { readEnds } from './read-ends.ts';
import type { PullRow } from './safaricom.ts';
import { SOURCES } from './sources/sources.ts';
import { answerWaiting, fillFloat, owe, payOut, type Stage, strikeMinute, US } from './stage.ts';
import { type Lane, movedAt, movedIn, newPhones, newReceipt, type Plan, show, type Telling, written } from './world-of-money.ts';

/** A telling at its place: in which slot, and whether the process dies after it has settled. */
export type Step = { slot: number; telling: Telling; killed: boolean };

/** One order in which a plan is told. `answersFrom`: the slot from which the query knows how the prompts ended; `listedFrom`: from which the pull lists what moved. `atOnce`: all tellings of a slot come together. */
export type Play = { steps: Step[]; answersFrom: number; listedFrom: number; atOnce: boolean };

export type Sequence = { plan: Plan; play: Play };

/** The clock all sequences of a batch share: how long nothing is heard before a slot, whether the minute strikes at its end, and what is done with statements. */
export type Slot = { pauseMs: number; minute: boolean; paper?: PaperStep };

/** At rest, and once a person has taken back what was refuted. `notes`: what may never be, in words; empty when all is well. */
export type Outcome = { sequence: Sequence; lane: Lane; rest: Verdict; takenBack: Verdict; notes: string[] };

const AT_ONCE = 6;
const NO_PAPER: PaperStep = { uploads: false, signs: 'no', together: false };
const EARLY_MS = 150_000;
const FIRST_NEWS_MS = 30_000;
/** Two virtual days, more densely where ladders and windows end. */
const REST_MINUTES = [1, 1, 1, 1, 5, 5, 10, 15, 30, 60, 60, 60, 60, 120, 120, 240, 240, 300, 300, 360, 360, 480, 480];

/** Plays sequences side by side in one world, each with an amount of its own (from `shillings` on), until nothing is under way, and reads how they stand. */
export async function playAll(
  stage: Stage,
  sequences: Sequence[],
  slots: Slot[],
  shillings: (lane: number) => number,
): Promise<{ outcomes: Outcome[]; strays: string[] }> {
  const { world } = stage;
  world.app.config.paybill.pull = sequences[0]?.plan.pull ?? false;
  if (stage.tellsBalance) await strikeMinute(stage); // the first balance is from before anything is told
  const lanes = await openLanes(stage, sequences, shillings);
  const since = lanes[0]?.startedAt ?? world.clock.now();
  const before = await balances(world.app.db);
  const notes: string[][] = lanes.map(() => []);
  await world.clock.advance(FIRST_NEWS_MS);
  const papers = sequences[0]?.plan.statement ? await beginPaper(stage, lanes) : undefined;
  for (const [slot, { pauseMs, minute, paper = NO_PAPER }] of slots.entries()) {
    await world.clock.advance(pauseMs);
    stage.safaricom.queryAnswer = answerQueries(stage, lanes, sequences, slot);
    stage.safaricom.pullRows = () => lanes.flatMap((lane, n) => ((sequences[n]?.play.listedFrom ?? 0) <= slot ? pullRows(lane) : []));
    const signing = papers && paper.together ? sign(papers, paper.signs) : undefined;
    await eachOf(lanes, async (lane, n) => {
      const { play } = sequences[n] as Sequence;
      const due = play.steps.filter((step) => step.slot === slot);
      const tellOne = async ({ telling, killed }: Step) => {
        const status = await sourceOf(telling).tell(stage, lane, telling, killed);
        if (status !== 200) notes[n]?.push(`${telling.source} of ${telling.about} ${telling.n} was answered ${status}`);
      };
      if (play.atOnce) await Promise.all(due.map(tellOne));
      else for (const step of due) await tellOne(step);
    });
    await signing;
    if (papers && paper.uploads) await upload(papers);
    if (papers && !paper.together) await sign(papers, paper.signs);
    await answerWaiting(stage);
    if (minute) await strikeMinute(stage);
  }
  stage.safaricom.queryAnswer = answerQueries(stage, lanes, sequences, slots.length);
  stage.safaricom.pullRows = () => lanes.flatMap(pullRows);
  for (const minutes of REST_MINUTES) {
    await world.clock.advance(minutes * 60_000);
    await strikeMinute(stage);
  }
  if (papers) await endPaper(papers);

  const { ends, told, strays } = await readEnds(world, lanes, since);
  const treasurer = await signedIn(world, 'treasurer');
  await eachOf(lanes, async (lane, n) => {
    for (const depositId of told[n] ?? []) {
      const leaves = await refund(stage, depositId, lane.owed[0]?.phone ?? '', treasurer);
      if (leaves) notes[n]?.push(leaves);
    }
  });
  await eachOf(lanes, async (_, n) => {
    const body = { reason: 'Safaricom does not know it' };
    for (const depositId of told[n] ?? []) await world.send('POST', `/api/deposits/${depositId}/take-back`, { body, headers: treasurer });
  });
  const later = await readEnds(world, lanes, since);
  if (papers && stage.tellsBalance) await expectNoDifference(papers);
  strays.push(...later.strays.filter((stray) => !strays.includes(stray)));
  strays.push(...(papers?.wrong ?? []));
  const after = await balances(world.app.db);
  const grown = (account: string) => Number(((after[account] ?? 0n) - (before[account] ?? 0n)) / 100n);
  const sum = (account: 'float' | 'told') => later.ends.reduce((total, each) => total + (each[account] ?? 0), 0);
  for (const [account, name] of [
    ['paybill_float', 'float'],
    ['paybill_told', 'told'],
  ] as const)
    if (grown(account) !== sum(name)) strays.push(`${account} grew by ${grown(account)}, the sequences by ${sum(name)}`);
  return {
    strays,
    outcomes: lanes.map((lane, n) => {
      const sequence = sequences[n] as Sequence;
      const tellings = sequence.play.steps.map(({ telling }) => telling);
      const verdicts = {
        rest: { expected: expectEnds(lane, tellings), ends: ends[n] as Ends },
        takenBack: { expected: expectTakenBack(lane, tellings), ends: later.ends[n] as Ends },
      };
      const { rest, takenBack } = leaveOpenWhen(lane.plan.pull || papers?.signedEarly === true, verdicts);
      const { lies } = lane.plan;
      return { sequence, lane, notes: notes[n] ?? [], rest: asNotPaid(rest, lies), takenBack: asNotPaid(takenBack, lies) };
    }),
  };
}

/** Whether an outcome is what it must be: every figure that is not left open, and nothing that may never be. */
export const isAsExpected = ({ rest, takenBack, notes }: Outcome): boolean =>
  notes.length === 0 && [rest, takenBack].every((verdict) => differing(verdict).length === 0);

/** What is not as it must be. */
export const differing = ({ expected, ends }: Verdict): (keyof Ends)[] =>
  (Object.keys(expected) as (keyof Ends)[]).filter((key) => {
    if (key !== 'payments') return expected[key] !== undefined && expected[key] !== ends[key];
    const isAsMust = ({ status, proved }: Ends['payments'][number], n: number) =>
      status === ends.payments[n]?.status && (proved === undefined || proved === ends.payments[n]?.proved);
    return expected.payments.length !== ends.payments.length || !expected.payments.every(isAsMust);
  });

/** How an outcome stands, in movements: alike for every order of one set. */
export function endsOf({ rest, takenBack, lane }: Outcome): string {
  const inMovements = (ends: Ends) =>
    Object.values(ends).map((value) => (typeof value === 'number' && value >= 1_000 ? value / lane.shillings : value));
  return JSON.stringify([rest.ends, takenBack.ends].map(inMovements));
}

async function eachOf<T>(items: T[], work: (item: T, n: number) => Promise<void>): Promise<void> {
  const queue = [...items.entries()];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function sourceOf({ source }: Telling) {
  const found = SOURCES.find(({ name }) => name === source);
  if (!found) throw new Error(`No source is called ${source}.`);
  return found;
}

async function openLanes(stage: Stage, sequences: Sequence[], shillings: (lane: number) => number): Promise<Lane[]> {
  const { world } = stage;
  const amounts = sequences.map((_, n) => shillings(n));
  const paidOut = sequences.flatMap(({ plan }, n) => plan.lies.flatMap(({ receipt }) => (receipt === 'payout' ? [amounts[n] ?? 0] : [])));
  const needed = paidOut.reduce((total, amount) => total + amount, 0);
  for (let filled = 0; filled < needed; filled += 100_000) await fillFloat(stage, 100_000);
  const payoutReceipts = paidOut.length > 0 ? await payOut(stage, paidOut) : [];
  await world.clock.advance(1_000);
  const startedAt = world.clock.now();

  const lanes: Lane[] = sequences.map(({ plan }, n) => {
    const { customers, twin, other } = newPhones();
    const promptReceipts = plan.prompts.map(() => newReceipt(startedAt));
    const handReceipts = plan.hands.map(() => newReceipt(startedAt));
    return {
      ...{ plan, shillings: amounts[n] ?? 0, startedAt, twinPhone: twin, otherPhone: other, promptReceipts },
      owed: customers.map((phone) => ({ paymentId: '', reference: '', attemptId: '', checkoutRequestId: '', callbackPath: '', phone })),
      handReceipts,
      lieReceipts: plan.lies.map(({ receipt, borrows }) => {
        if (receipt === 'borrowed') return (borrows?.about === 'hand' ? handReceipts : promptReceipts)[borrows?.n ?? 0] ?? '';
        return receipt === 'payout' ? (payoutReceipts.shift() ?? '') : newReceipt(startedAt);
      }),
    };
  });
  await eachOf(lanes, async (lane) => {
    lane.owed = await Promise.all(lane.plan.prompts.map((_, n) => owe(stage, lane.owed[n]?.phone ?? '', lane.shillings)));
    if (!lane.plan.status) return;
    for (const receipt of lane.lieReceipts) if (!stage.statusAnswers.has(receipt)) stage.statusAnswers.set(receipt, 'not found');
    for (const { receipt, phone, hint } of movedIn(lane)) {
      const shown = hint === 'hashed' ? '' : show(phone, hint);
      const debit = shown === '' ? 'WANJIKU KAMAU' : `${shown} - WANJIKU KAMAU`;
      stage.statusAnswers.set(receipt, { debit, credit: US, shillings: lane.shillings, at: startedAt });
    }
  });
  stage.account.push(...lanes.flatMap(linesOf));
  return lanes;
}

/** A lane's lines of a pull. Its clock is Nairobi's in every second lane and UTC's in the others, whatever the letter behind it says. */
function pullRows(lane: Lane): PullRow[] {
  const at = movedAt(lane);
  const ahead = lane.shillings % 2 === 0 ? 3 * 3_600_000 : 0;
  return movedIn(lane).map((moved) => ({
    at,
    line: {
      ...{ transactionId: moved.receipt, trxDate: `${new Date(at.getTime() + ahead).toISOString().slice(0, 19)}Z`, sender: 'MPESA' },
      ...(['full', 'masked'].includes(moved.hint) && { msisdn: show(moved.phone, moved.hint) }),
      ...{
        transactiontype: 'c2b-pay-bill-debit',
        billreference: written(lane, moved),
        amount: `${lane.shillings}.0`,
        organizationname: US,
      },
    },
  }));
}

/** What the query says of a lane's prompts in a slot. Before it knows, it may say 1037 as long as the prompt can still be paid. */
function answerQueries({ world }: Stage, lanes: Lane[], sequences: Sequence[], slot: number): (checkoutRequestId: string) => string {
  return (checkoutRequestId) => {
    const at = lanes.findIndex(({ owed }) => owed.some((each) => each.checkoutRequestId === checkoutRequestId));
    const lane = lanes[at];
    const prompt = lane?.plan.prompts[lane.owed.findIndex((each) => each.checkoutRequestId === checkoutRequestId)];
    if (!lane || !prompt) return '4999';
    const knows = prompt.query && slot >= (sequences[at]?.play.answersFrom ?? 0);
    if (knows) return { paid: '0', cancelled: '1032', unreachable: '1037' }[prompt.ends];
    return world.clock.now().getTime() < lane.startedAt.getTime() + EARLY_MS ? prompt.early : '4999';
  };
}

/** Tries to give told money back; says what happened when it was not refused for that. */
async function refund(
  { world }: Stage,
  depositId: string,
  phoneNumber: string,
  headers: { authorization: string },
): Promise<string | undefined> {
  const body = { depositId, phoneNumber, reason: 'Test' };
  const response = await world.send('POST', '/api/refunds', { body, headers });
  const { code } = (await response.json()) as { code?: string };
  return code === 'receipt_unconfirmed' || code === 'deposit_refuted'
    ? undefined
    : `a refund of told money was answered ${response.status} ${code ?? ''}`;
}
