import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LineKind, StatementLine } from '#mpesa/statements/statement.ts';
import { scaled } from '../world/counts.ts';
import { type Finding, type Movement, matchStatement } from './match-statement.ts';

const MINUTE_MS = 60_000;
const DAY = Date.parse('2026-11-28T00:00:00+03:00');
const covers = { from: new Date(DAY), to: new Date(DAY + 24 * 60 * MINUTE_MS - 1000) };

const line = (receipt: string, minute: number, cents: bigint, more: Partial<StatementLine> = {}): StatementLine => ({
  lineNumber: 1,
  receipt,
  completedAt: new Date(DAY + minute * MINUTE_MS),
  details: '',
  status: 'Completed',
  direction: cents > 0n ? 'in' : 'out',
  amountCents: cents > 0n ? cents : -cents,
  kind: cents > 0n ? 'payment' : 'payout',
  account: 'utility',
  currency: 'KES',
  ordinal: 1,
  ...more,
});
const movement = (id: string, minute: number, cents: bigint, receipt?: string): Movement => ({
  id,
  direction: cents > 0n ? 'in' : 'out',
  amountCents: cents > 0n ? cents : -cents,
  at: new Date(DAY + minute * MINUTE_MS),
  ...(receipt === undefined ? { payableUntil: new Date(DAY + (minute + 3) * MINUTE_MS) } : { receipt }),
});
const say = (finding: Finding): string =>
  [finding.verdict, 'line' in finding && finding.line.receipt, 'movement' in finding && finding.movement?.id].filter(Boolean).join(' ');
const match = (lines: StatementLine[], movements: Movement[]) => matchStatement(lines, movements, covers).map(say);

/** Each discrepancy by itself, on a receipt and an amount of its own: what it leaves in the statement and in our books, and what must be found. */
type Planted = { lines: StatementLine[]; movements: Movement[]; found: string[] };
const PLANTS: Record<string, (r: string, minute: number, cents: bigint) => Planted> = {
  nothing: (r, m, c) => ({ lines: [line(r, m, c)], movements: [movement(r, m, c, r)], found: [`agrees ${r} ${r}`] }),
  'a payout': (r, m, c) => ({ lines: [line(r, m, -c)], movements: [movement(r, m, -c, r)], found: [`agrees ${r} ${r}`] }),
  'a payment we were not told': (r, m, c) => ({ lines: [line(r, m, c)], movements: [], found: [`missing here ${r}`] }),
  'a payout we do not know': (r, m, c) => ({ lines: [line(r, m, -c)], movements: [], found: [`missing here ${r}`] }),
  'a lie that we were told': (r, m, c) => ({ lines: [], movements: [movement(r, m, c, r)], found: [`missing there ${r}`] }),
  'a success that never was': (r, m, c) => ({ lines: [], movements: [movement(r, m, c)], found: [`missing there ${r}`] }),
  'a success without receipt': (r, m, c) => ({ lines: [line(r, m + 1, c)], movements: [movement(r, m, c)], found: [`names ${r} ${r}`] }),
  'another amount': (r, m, c) => ({ lines: [line(r, m, c + 1n)], movements: [movement(r, m, c, r)], found: [`amount differs ${r} ${r}`] }),
  'a receipt listed twice': (r, m, c) => ({
    lines: [line(r, m, c), line(r, m, c, { ordinal: 2 })],
    movements: [movement(r, m, c, r)],
    found: [`agrees ${r} ${r}`, `duplicate ${r}`],
  }),
  'the other direction': (r, m, c) => ({
    lines: [line(r, m, -c)],
    movements: [movement(r, m, c, r)],
    found: [`missing here ${r}`, `missing there ${r}`],
  }),
  'a success without receipt, and a payout of its amount': (r, m, c) => ({
    lines: [line(r, m + 1, -c)],
    movements: [movement(r, m, c)],
    found: [`missing here ${r}`, `missing there ${r}`],
  }),
  'a reversal we do not know': (r, m, c) => ({
    lines: [line(r, m, c), line(`${r}-back`, m + 5, -c, { kind: 'reversal', linkedReceipt: r })],
    movements: [movement(r, m, c, r)],
    found: [`agrees ${r} ${r}`, `reversed ${r}-back ${r}`],
  }),
  'a reversal that we asked for': (r, m, c) => ({
    lines: [line(r, m, c), line(`${r}-back`, m + 5, -c, { kind: 'reversal', linkedReceipt: r })],
    movements: [movement(r, m, c, r), movement(`${r}-out`, m + 5, -c, `${r}-back`)],
    found: [`agrees ${r} ${r}`, `agrees ${r}-back ${r}-out`],
  }),
  'a charge on a payment': (r, m, c) => ({
    lines: [line(r, m, c), line(r, m, -100n, { kind: 'charge' })],
    movements: [movement(r, m, c, r)],
    found: [`agrees ${r} ${r}`, `charge ${r}`],
  }),
  'own money moved': (r, m, c) => ({
    lines: [line(r, m, -c, { kind: 'sweep' }), line(`${r}-b`, m, c, { kind: 'internal' })],
    movements: [],
    found: [`sweep ${r}`, `internal ${r}-b`],
  }),
  'a payment of another day': (r, m, c) => ({ lines: [], movements: [movement(r, m - 24 * 60, c, r)], found: [`not covered ${r}`] }),
};

test('every planted discrepancy is found, and nothing else, in whatever order', () => {
  const plant = fc.record({ name: fc.constantFrom(...Object.keys(PLANTS)), minute: fc.integer({ min: 10, max: 1_400 }) });
  fc.assert(
    fc.property(fc.array(plant, { maxLength: 60 }), fc.infiniteStream(fc.nat()), (plants, order) => {
      const planted = plants.map(({ name, minute }, at) => PLANTS[name]?.(`R${at}`, minute, BigInt(10_000 * (at + 1)))) as Planted[];
      const shuffled = <T>(items: T[]): T[] =>
        items
          .map((item) => ({ item, by: order.next().value }))
          .toSorted((a, b) => a.by - b.by)
          .map(({ item }) => item);
      const found = match(shuffled(planted.flatMap(({ lines }) => lines)), shuffled(planted.flatMap(({ movements }) => movements)));
      expect(found.toSorted()).toEqual(planted.flatMap((one) => one.found).toSorted());
    }),
    { numRuns: scaled(200) },
  );
});

test('n lines of an amount never name more than n movements, and name as many as their times allow', () => {
  const minutes = fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 6 });
  const most = (lines: number[], starts: number[]): number => {
    const [first, ...rest] = lines;
    if (first === undefined) return 0;
    const without = most(rest, starts);
    const tries = starts.map((start, at) => (first >= start - 1 && first <= start + 4 ? 1 + most(rest, starts.toSpliced(at, 1)) : 0));
    return Math.max(without, ...tries);
  };
  fc.assert(
    fc.property(minutes, minutes, (paid, prompted) => {
      const found = match(
        paid.map((minute, at) => line(`L${at}`, minute, 125_000n)),
        prompted.map((minute, at) => movement(`M${at}`, minute, 125_000n)),
      );
      expect(found.filter((one) => one.startsWith('names'))).toHaveLength(most(paid, prompted));
      expect(found).toHaveLength(paid.length + prompted.length - most(paid, prompted));
    }),
    { numRuns: scaled(200) },
  );
});

test('what a customer paid is never taken for a charge, a sweep or a reversal of the same receipt', () => {
  const kinds: LineKind[] = ['charge', 'sweep', 'internal', 'reversal'];
  for (const kind of kinds) {
    const [finding] = match([line('R', 1, 100n, { kind })], [movement('M', 1, 100n)]);
    expect(finding).toBe(kind === 'reversal' ? 'reversed R' : `${kind} R`);
  }
});
