import { isShown, waysToDoubt } from './doubt.ts';
import { isListed, type Lane, type LiePlan, type Moved, movedIn, type Plan, type Receipt, show, type Telling } from './world-of-money.ts';

/** How a lane must stand at rest, by the documents alone. Amounts in shillings. What the documents leave open is undefined: each order has to end alike all the same. */
export type Ends = {
  /** What is proved: the account paybill_float. */
  float: number | undefined;
  /** What is only told: the account paybill_told. */
  told: number | undefined;
  clearing: number;
  donations: number;
  customerCredit: number | undefined;
  suspense: number | undefined;
  /** Rows that count, one for each movement. */
  deposits: number;
  payments: { status: string; proved: boolean | undefined }[];
};

/**
 * The oracle. A callback names the receipt of its attempt. A query proves that an attempt brought its amount, and names no receipt. A notice tells a receipt;
 * a status answer (to our short code, of this receipt and amount) or a line of a pull or of a signed statement proves it, and a lie never gets one. Nameless successes and receipts that may be the same money are
 * one movement each: proved receipts first, then those that bear the reference, then those whose payer fits. What is left on either side is a movement of its own.
 * A receipt of a payout of ours is one movement already, and no deposit. What may be a success's own, whatever a notice has said of it, is not proved (waysToDoubt).
 */
export function expectEnds(lane: Lane, tellings: Telling[]): Ends {
  const { plan, shillings } = lane;
  const heard = (source: Telling['source'], about: Telling['about'], n: number) =>
    tellings.some((telling) => telling.source === source && telling.about === about && telling.n === n);
  const paid = plan.prompts.map(({ ends }) => ends === 'paid');
  const named = plan.prompts.map((_, n) => paid[n] === true && heard('callback', 'prompt', n));
  const nameless = plan.prompts.map(({ query }, n) => paid[n] === true && query && !named[n]);

  const receipts = toldReceipts(lane, tellings).filter(({ receipt }) => !named[lane.promptReceipts.indexOf(receipt)]);
  const tied = matchOneToOne(nameless, receipts, lane);
  const isOpen = isMixed(nameless, receipts, lane);
  const ways = waysToDoubt(nameless, receipts, tied, lane);
  const [doubted = new Set<number>()] = ways;
  const mayBeDoubted = new Set(ways.flatMap((way) => [...way]));
  const isCountOpen = ways.some(({ size }) => size !== doubted.size);
  const isWhichOpen = mayBeDoubted.size > doubted.size;
  const own = receipts.flatMap((receipt, at) =>
    [...tied.values()].includes(at) ? [] : [{ ...receipt, proved: receipt.proved && !doubted.has(at) }],
  );

  const namedOrNameless = plan.prompts.map((_, n) => named[n] === true || nameless[n] === true);
  const monies = plan.prompts.map((_, n) => [
    ...(namedOrNameless[n] ? [{ proved: true }] : []),
    ...own.filter(({ wrote, payment }) => wrote === 'reference' && payment === n),
  ]);
  const count = <T>(items: T[], which: (item: T) => boolean) => items.filter(which).length;
  const sold = count(monies, (each) => each.length > 0);
  return {
    float: isCountOpen ? undefined : shillings * (count(namedOrNameless, Boolean) + count(own, ({ proved }) => proved)),
    told: isCountOpen ? undefined : shillings * count(own, ({ proved }) => !proved),
    clearing: 0,
    donations: shillings * sold,
    customerCredit: isOpen ? undefined : shillings * (monies.flat().length - sold),
    suspense: isOpen ? undefined : shillings * count(own, ({ wrote }) => wrote !== 'reference'),
    deposits: count(namedOrNameless, Boolean) + own.length,
    payments: monies.map((each, n) => ({
      status: each.length > 0 ? 'paid' : statusOf(plan, n, heard('callback', 'prompt', n)),
      proved: isWhichOpen ? undefined : each.some(({ proved }) => proved),
    })),
  };
}

/** How a lane must stand once a person has taken back what was refuted: a pull or a signed statement refutes what it does not contain, and nothing else here does. */
export function expectTakenBack(lane: Lane, tellings: Telling[]): Ends {
  const ends = expectEnds(lane, tellings);
  if (!isListed(lane.plan)) return ends;
  const true_ = expectEnds(
    lane,
    tellings.filter(({ about }) => about !== 'lie'),
  );
  const payments = true_.payments.map((payment, n) =>
    ends.payments[n]?.status === 'paid' && payment.status !== 'paid' ? { status: 'reversed', proved: false } : payment,
  );
  return { ...true_, payments };
}

/** How a sequence stands, and how it must. */
export type Verdict = { expected: Ends; ends: Ends };

/**
 * What a list refutes is taken off the books at once where it has bought nothing yet; what was spent by then waits for a person. Where `mayBeEarly`, which of the two happens to a lie is a matter of
 * the order: until a person has taken it back it is left open how much of what was told stands, and then, of what it alone had paid, only that it is not paid. More than the lies never stands.
 */
export function leaveOpenWhen(mayBeEarly: boolean, { rest, takenBack }: { rest: Verdict; takenBack: Verdict }) {
  if (!mayBeEarly) return { rest, takenBack };
  const isLie = takenBack.expected.payments.map(({ status }) => status === 'reversed');
  const isMore = (rest.ends.told ?? 0) > (rest.expected.told ?? 0);
  const atRest = ({ float, told, clearing, payments }: Ends) =>
    ({ float, clearing, ...(isMore && { told }), payments: payments.filter((_, n) => !isLie[n]) }) as Ends;
  const later = (ends: Ends): Ends => ({
    ...ends,
    payments: ends.payments.map(({ status, proved }, n) => ({ status: isLie[n] && status !== 'paid' ? 'not paid' : status, proved })),
  });
  const both = (verdict: Verdict, open: (ends: Ends) => Ends): Verdict => ({ expected: open(verdict.expected), ends: open(verdict.ends) });
  return { rest: both(rest, atRest), takenBack: both(takenBack, later) };
}

/** What a lie paid under a real receipt is taken back by itself, and may never have been paid: which of the two, and how its prompt ended, is a matter of the order. */
export function asNotPaid(verdict: Verdict, lies: LiePlan[]): Verdict {
  const named = new Set(lies.flatMap(({ receipt, wrote, payment }) => (receipt === 'borrowed' && wrote === 'reference' ? [payment] : [])));
  const read = (ends: Ends): Ends => ({
    ...ends,
    payments: ends.payments.map((payment, n) => (named.has(n) && payment.status !== 'paid' ? { ...payment, status: 'not paid' } : payment)),
  });
  return { expected: read(verdict.expected), ends: read(verdict.ends) };
}

/** A payment that nobody has told money of: a prompt that ended says so, and one of which nothing is ever heard expires. */
function statusOf({ prompts }: Plan, n: number, calledBack: boolean): string {
  const { ends, query } = prompts[n] ?? { ends: 'paid', query: false };
  return ends !== 'paid' && (calledBack || query) ? 'failed' : 'expired';
}

/**
 * Every receipt that a notice, a pull or a statement names, once, with what is said of it. What a list says is true. What a lie says of a real receipt stands until a list or the callback of its
 * prompt says what it was. Who paid is what a proof says; a status answer that does not say it leaves it open.
 */
function toldReceipts(lane: Lane, tellings: Telling[]): Receipt[] {
  const { plan, lieReceipts, owed } = lane;
  const proved = plan.status || isListed(plan);
  const payerBy = (really: Receipt['really'], told: Receipt['really']): Receipt['really'] => {
    if (!proved) return told;
    if (isShown(really)) return really;
    return isListed(plan) ? told : { shown: '', hint: 'hidden' };
  };
  const moved = movedIn(lane).map((each): Receipt & Moved => {
    const really = { shown: show(each.phone, each.hint), hint: each.hint };
    return { ...each, ...payerBy(really, really), proved, really };
  });
  const read = ({ about, n }: Telling): Receipt | undefined => {
    const lie = about === 'lie' ? plan.lies[n] : undefined;
    if (lie?.receipt === 'payout') return undefined;
    if (!lie) return moved.find((each) => each.about === about && each.n === n);
    const told = { shown: show(owed[lie.payment]?.phone ?? '', lie.hint), hint: lie.hint };
    const real = moved.find(({ receipt }) => receipt === lieReceipts[n]);
    return {
      ...lie,
      ...(real ? payerBy(real.really, told) : told),
      receipt: lieReceipts[n] ?? '',
      proved: real !== undefined && proved,
      really: real?.really ?? told,
    };
  };
  const told = tellings.filter(({ source }) => source === 'notice').flatMap((telling) => read(telling) ?? []);
  return [...new Map([...told, ...(isListed(plan) ? moved : [])].map((each) => [each.receipt, each])).values()];
}

/** Whether a nameless success may be a receipt with its reference or one without: no document says which of the two is left over, and so where that one stands. */
const isMixed = (nameless: boolean[], receipts: Receipt[], lane: Lane): boolean =>
  nameless.some((is, prompt) => {
    const wrote = receipts.filter((receipt) => is && worthOf(lane, prompt, receipt) > 0).map((receipt) => receipt.wrote);
    return new Set(wrote).size > 1;
  });

/** How well a receipt fits a nameless success; 0: not at all. */
function worthOf({ owed }: Lane, prompt: number, { wrote, payment, shown, hint, proved }: Receipt): number {
  const phone = owed[prompt]?.phone ?? '';
  const fits = hint !== 'hidden' && show(phone, hint) === shown;
  const contradicts = hint !== 'hidden' && !fits;
  if (wrote === 'word' || (wrote === 'reference' && payment !== prompt) || (wrote === 'nothing' && contradicts)) return 0;
  return 1_000 + (proved ? 100 : 0) + (wrote === 'reference' ? 10 : 0) + (fits ? 1 : 0);
}

/** The receipts (by position) that are the money of nameless successes (by prompt): as many as can be, and among those ways the best one. */
function matchOneToOne(nameless: boolean[], receipts: Receipt[], lane: Lane): Map<number, number> {
  type Way = { sum: number; taken: [number, number][] };
  const best = (prompt: number, taken: [number, number][]): Way => {
    if (prompt === nameless.length) return { sum: 0, taken };
    let found = best(prompt + 1, taken); // nothing for this prompt
    if (!nameless[prompt]) return found;
    for (const [at, receipt] of receipts.entries()) {
      const value = taken.some(([, other]) => other === at) ? 0 : worthOf(lane, prompt, receipt);
      if (value === 0) continue;
      const rest = best(prompt + 1, [...taken, [prompt, at]]);
      if (value + rest.sum > found.sum) found = { sum: value + rest.sum, taken: rest.taken };
    }
    return found;
  };
  return new Map(best(0, []).taken);
}
