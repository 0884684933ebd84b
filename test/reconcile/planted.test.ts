import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberRepeats } from '#mpesa/statements/line-key.ts';
import type { LineKind, StatementLine } from '#mpesa/statements/statement.ts';
import { scaled } from '../world/counts.ts';
import { startWorld, type World } from '../world/world.ts';
import { nameOf, type PlannedMovement, plannedBooks, toLine } from './planned-books.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const SOUND = scaled(3_000);
const OF_EACH_KIND = 5;

type Planted = { lines: StatementLine[]; movements: PlannedMovement[]; lineFindings: string[]; absences: string[] };

let receipts = 0;
let amounts = 1_000;
/** A receipt of its own, an amount of its own and its minute: nothing else can be taken for it. */
const fresh = () => {
  receipts += 1;
  amounts += 1;
  return { receipt: receipts, amount: amounts, minute: (receipts * 7) % 55 };
};
/** What is sound may share its amount with others. */
const common = () => {
  receipts += 1;
  return { receipt: receipts, amount: 1 + (receipts % 900), minute: (receipts * 7) % 55 };
};
type One = ReturnType<typeof fresh>;

const line = ({ receipt, amount, minute }: One, kind: LineKind = 'payment', more: Partial<StatementLine> = {}): StatementLine => ({
  ...toLine({ receipt, amount, minute, kind, linked: 0 }),
  ...more,
});
const movement = ({ receipt, amount, minute }: One, direction: 'in' | 'out' = 'in'): PlannedMovement => ({
  ...{ receipt, minute, lasts: 1, amount, direction },
});
const nameless = (one: One, direction: 'in' | 'out' = 'in'): PlannedMovement => ({
  ...{ ...movement(one, direction), receipt: null, minute: one.minute - 0.5, lasts: 2 },
});

const found = (finding: string, ...lines: StatementLine[]) => lines.map(({ receipt }) => `${finding} ${receipt}`);
const planted = (what: Partial<Planted>): Planted => ({ lines: [], movements: [], lineFindings: [], absences: [], ...what });
const onLine = (finding: string, made: StatementLine, movements: PlannedMovement[]): Planted =>
  planted({ lines: [made], movements, lineFindings: found(finding, made) });

/** The discrepancies, each as the statement and the books have it, with what is to be found: by the words of docs/operations.md. */
const KINDS: Record<string, (one: One) => Planted> = {
  'a payment that the books do not have': (one) => onLine('missing_here', line(one), []),
  'a payout that the books do not have': (one) => onLine('missing_here', line(one, 'payout'), []),
  'a payment of another amount': (one) => onLine('amount_differs', line(one), [{ ...movement(one), amount: fresh().amount }]),
  'a payout of another amount': (one) =>
    onLine('amount_differs', line(one, 'payout'), [{ ...movement(one, 'out'), amount: fresh().amount }]),
  'a payment that the statement does not have': (one) => planted({ movements: [movement(one)], absences: [`in ${nameOf(one.receipt)}`] }),
  'a payout that the statement does not have': (one) =>
    planted({ movements: [movement(one, 'out')], absences: [`out ${nameOf(one.receipt)}`] }),
  'a success without a receipt': (one) => onLine('names', line(one), [nameless(one)]),
  'a payout without a receipt': (one) => onLine('names', line(one, 'payout'), [nameless(one, 'out')]),
  'a success without a receipt that the statement does not have': (one) =>
    planted({ movements: [nameless(one)], absences: [`in nameless ${one.amount * 10_000}`] }),
  'a line that comes twice': (one) => {
    const [first, again] = [line(one), line({ ...one, minute: one.minute + 1 })];
    return planted({
      ...{ lines: [first, again], movements: [movement(one)] },
      lineFindings: [...found('agrees', first), ...found('duplicate', again)],
    });
  },
  'a payment that was reversed in the portal': (one) => {
    const [paid, undone] = [line(one), line({ ...fresh(), amount: one.amount }, 'reversal', { linkedReceipt: nameOf(one.receipt) })];
    return planted({
      ...{ lines: [paid, undone], movements: [movement(one)] },
      lineFindings: [...found('agrees', paid), ...found('reversed', undone)],
    });
  },
  'a charge, which is no payment': (one) => onLine('charge', line(one, 'charge'), []),
  'a withdrawal to the bank, which is no payout': (one) => onLine('sweep', line(one, 'sweep'), []),
  'money between own accounts': (one) => onLine('internal', line(one, 'internal'), []),
};

test(`R30: of ${OF_EACH_KIND} discrepancies of each of ${Object.keys(KINDS).length} kinds in a statement of ${SOUND} sound lines all are found, and no other`, async () => {
  const sound = Array.from({ length: SOUND }, (_, n) => {
    const [one, isOut] = [common(), n % 4 === 0];
    return onLine('agrees', line(one, isOut ? 'payout' : 'payment'), [movement(one, isOut ? 'out' : 'in')]);
  });
  const wrong = Object.values(KINDS).flatMap((plant) => Array.from({ length: OF_EACH_KIND }, () => plant(fresh())));
  const all = [...sound, ...wrong];
  const lines = all.flatMap((each) => each.lines).sort((a, b) => a.completedAt.getTime() - b.completedAt.getTime());
  numberRepeats(lines);
  const books = await plannedBooks(world);
  await books.write(all.flatMap(({ movements }) => movements));
  const said = await books.compare(lines, 500);
  expect(said.lines.toSorted()).toEqual(all.flatMap(({ lineFindings }) => lineFindings).sort());
  expect(said.absent).toEqual(all.flatMap(({ absences }) => absences).sort());
}, 240_000);
