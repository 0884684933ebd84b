import fc from 'fast-check';
import type { PaperStep } from './paper.ts';
import type { Play, Sequence, Slot, Step } from './tell.ts';
import { type Borrowed, type Hint, isListed, type LiePlan, type Plan, type Telling } from './world-of-money.ts';

const hint: fc.Arbitrary<Hint> = fc.constantFrom('full', 'hashed', 'masked', 'hidden');
const wrote = fc.constantFrom('reference' as const, 'reference' as const, 'nothing' as const, 'nothing' as const, 'word' as const);

const PromptPlan = fc.record({
  ends: fc.constantFrom('paid' as const, 'paid' as const, 'paid' as const, 'cancelled' as const, 'unreachable' as const),
  query: fc.boolean(),
  early: fc.constantFrom('4999' as const, '1037' as const),
  hint,
});
const HandPlan = fc.record({
  payment: fc.nat(1),
  wrote,
  payer: fc.constantFrom('own' as const, 'twin' as const, 'other' as const),
  hint,
});
const DrawnLie = fc.record({
  payment: fc.nat(1),
  receipt: fc.constantFrom(
    ...['made up' as const, 'made up' as const, 'made up' as const, 'made up' as const],
    ...['borrowed' as const, 'borrowed' as const],
    'payout' as const,
  ),
  borrows: fc.nat(3),
  wrote,
  hint,
});

const AnyPlan = fc.record({
  prompts: fc.array(PromptPlan, { minLength: 1, maxLength: 2 }),
  hands: fc.array(HandPlan, { maxLength: 2 }),
  lies: fc.array(DrawnLie, { maxLength: 3 }),
  mute: fc.boolean(),
  status: fc.boolean(),
  pull: fc.constant(false),
});

/** 1 to 3 real movements and up to 3 lies. A lie that borrows a receipt borrows that of any of them, one's own or another's; one payout's receipt is enough. */
const plan = AnyPlan.map((drawn): Plan => {
  const payments = drawn.prompts.length;
  const hands = drawn.hands.map((hand) => ({ ...hand, payment: hand.payment % payments }));
  const real = [
    ...drawn.prompts.flatMap(({ ends }, n): Borrowed[] => (ends === 'paid' ? [{ about: 'prompt', n }] : [])),
    ...hands.map((_, n): Borrowed => ({ about: 'hand', n })),
  ];
  const payout = drawn.lies.findIndex(({ receipt }) => receipt === 'payout');
  const lies = drawn.lies.map(({ borrows, ...lie }, n): LiePlan => {
    const borrowed = lie.receipt === 'borrowed' ? real[borrows % real.length] : undefined;
    const receipt = borrowed || (lie.receipt === 'payout' && n === payout) ? lie.receipt : 'made up';
    return { ...lie, receipt, payment: lie.payment % payments, ...(borrowed && { borrows: borrowed }) };
  });
  return { ...drawn, hands, lies };
}).filter(({ prompts, hands }) => {
  const moved = hands.length + prompts.filter(({ ends }) => ends === 'paid').length;
  return moved >= 1 && moved <= 3;
});

/** Everything that can be told of a plan. */
function allTellings({ prompts, hands, lies }: Plan): Telling[] {
  return [
    ...prompts.flatMap(({ ends }, n): Telling[] => [
      { source: 'callback', about: 'prompt', n },
      ...(ends === 'paid' ? [{ source: 'notice', about: 'prompt', n } as const] : []),
    ]),
    ...hands.map((_, n): Telling => ({ source: 'notice', about: 'hand', n })),
    ...lies.map((_, n): Telling => ({ source: 'notice', about: 'lie', n })),
  ];
}

/**
 * Whether all orders of these tellings must end alike. Where nothing but notices speaks of a receipt, the first one counts: a lie that borrows it is told alone then. A list without any words
 * contradicts none.
 */
export function isSettled(plan: Plan, told: Telling[], telling: Telling): boolean {
  const lie = telling.about === 'lie' ? plan.lies[telling.n] : undefined;
  if (lie?.receipt !== 'borrowed' || !lie.borrows) return true;
  const { about, n } = lie.borrows;
  const tells = (source: Telling['source']) => told.some((other) => other.source === source && other.about === about && other.n === n);
  if (about === 'prompt' && tells('callback')) return true;
  const words = about === 'hand' ? plan.hands[n]?.wrote : plan.mute ? 'nothing' : 'reference';
  if (isListed(plan)) return words !== 'nothing' || lie.wrote !== 'reference';
  const isOf = (other: LiePlan | undefined) => other?.borrows?.about === about && other.borrows.n === n;
  return !tells('notice') && !told.some((other) => other.about === 'lie' && other.n < telling.n && isOf(plan.lies[other.n]));
}

/** What lists all that moved in the end. */
export type List = 'nothing' | 'pull' | 'statement';

/** A statement never shows a whole number: whoever looks like the customer there does so in the notice too, or a notice before it would say more than one after it. */
const onPaper = (drawn: Plan): Plan => ({
  ...drawn,
  statement: true,
  hands: drawn.hands.map((hand) => (hand.payer === 'twin' && hand.hint !== 'hidden' ? { ...hand, hint: 'masked' } : hand)),
});

const SLOTS = 8;

/** What is told of a plan at all; the rest is lost. Callbacks are lost more often than notices, since then the rest has to be right. */
const setOf = (list: List) =>
  plan.chain((unlisted) => {
    const drawn = list === 'statement' ? onPaper(unlisted) : { ...unlisted, pull: list === 'pull' };
    const [callbacks, notices] = [true, false].map((called) =>
      allTellings(drawn).filter(({ source }) => (source === 'callback') === called),
    );
    return fc
      .tuple(fc.subarray(callbacks ?? []), fc.oneof(fc.constant(notices ?? []), fc.subarray(notices ?? [])))
      .map((kept) => kept.flat())
      .map((told) => ({ plan: drawn, told: told.filter((telling) => isSettled(drawn, told, telling)) }));
  });

const playOf = (told: Telling[]): fc.Arbitrary<Play> =>
  fc
    .record({
      order: fc.shuffledSubarray([...told, ...told], { minLength: told.length }),
      places: fc.array(fc.record({ slot: fc.nat(SLOTS - 1), killed: fc.integer({ min: 0, max: 4 }).map((n) => n === 0) }), {
        minLength: 2 * told.length,
        maxLength: 2 * told.length,
      }),
      answersFrom: fc.oneof(fc.constant(0), fc.nat(SLOTS - 1)),
      listedFrom: fc.nat(SLOTS - 1),
      atOnce: fc.boolean(),
    })
    .map(({ order, places, ...rest }) => {
      const missing = told.filter((telling) => !order.includes(telling));
      const steps = [...order, ...missing].map((telling, n): Step => ({ telling, slot: 0, killed: false, ...places[n] }));
      return { steps: steps.sort((a, b) => a.slot - b.slot), ...rest };
    });

/** A set of tellings, each in `orders` orders: repeated, in any order, some with the process dying after they have settled. */
export const ordersOfASet = (orders: number, list: List): fc.Arbitrary<Sequence[]> =>
  fc.noBias(
    setOf(list).chain(({ plan: drawn, told }) =>
      fc.array(playOf(told), { minLength: orders, maxLength: orders }).map((plays) => plays.map((play) => ({ plan: drawn, play }))),
    ),
  );

const paper: fc.Arbitrary<PaperStep> = fc.record({
  uploads: fc.nat(2).map((n) => n === 0),
  signs: fc.constantFrom('no', 'no', 'no', 'yes', 'killed'),
  together: fc.boolean(),
});

/** The clock of a batch, and what is done with statements. */
export const slots: fc.Arbitrary<Slot[]> = fc.noBias(
  fc.array(fc.record({ pauseMs: fc.constantFrom(0, 30_000, 180_000, 1_500_000), minute: fc.boolean(), paper }), {
    minLength: SLOTS,
    maxLength: SLOTS,
  }),
);
