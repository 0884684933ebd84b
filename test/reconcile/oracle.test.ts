import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { numberRepeats } from '#mpesa/statements/line-key.ts';
import type { LineKind } from '#mpesa/statements/statement.ts';
import { matchStatement } from '../statements/match-statement.ts';
import { scaled } from '../world/counts.ts';
import { startWorld, type World } from '../world/world.ts';
import { COVERS, plannedBooks, toLine } from './planned-books.ts';

let world: World;
let books: Awaited<ReturnType<typeof plannedBooks>>;
beforeAll(async () => {
  world = await startWorld();
  books = await plannedBooks(world);
});
afterAll(() => world.stop());

// few receipts, amounts and minutes, so that everything meets everything
const lines = fc.array(
  fc.record({
    receipt: fc.nat(9),
    minute: fc.nat(12),
    amount: fc.integer({ min: 1, max: 2 }),
    kind: fc.constantFrom<LineKind[]>('payment', 'payment', 'payment', 'payout', 'charge', 'sweep', 'internal', 'reversal'),
    linked: fc.nat(9),
  }),
  { maxLength: 14 },
);
const movements = fc.uniqueArray(
  fc.record({
    receipt: fc.option(fc.nat(9), { freq: 2 }),
    minute: fc.integer({ min: -3, max: 12 }),
    lasts: fc.integer({ min: 1, max: 4 }),
    amount: fc.integer({ min: 1, max: 2 }),
    direction: fc.constantFrom<('in' | 'out')[]>('in', 'in', 'out'),
  }),
  {
    maxLength: 12,
    selector: ({ receipt, direction, minute, lasts, amount }) =>
      receipt === null ? `${minute} ${lasts} ${amount} ${direction}` : `${receipt} ${direction}`,
  },
);

test('the database finds in every statement what reading it slowly and plainly finds, however small its pieces', async () => {
  await fc.assert(
    fc.asyncProperty(lines, movements, fc.integer({ min: 1, max: 20 }), async (planned, moved, limit) => {
      const sorted = planned.map(toLine).sort((a, b) => a.completedAt.getTime() - b.completedAt.getTime());
      numberRepeats(sorted);
      const written = await books.write(moved);
      const expected = matchStatement(sorted, written, COVERS);
      const said = new Map(
        expected.flatMap((finding) => ('line' in finding ? [[finding.line, finding.verdict.replaceAll(' ', '_')] as const] : [])),
      );
      const showsPayouts = expected.some(
        (finding) => 'line' in finding && finding.line.direction === 'out' && ['agrees', 'names'].includes(finding.verdict),
      );
      const showsPayments = sorted.some(({ direction, kind }) => direction === 'in' && kind === 'payment');
      const shows = { in: showsPayments, out: showsPayouts };
      const absent = expected.flatMap((finding) =>
        finding.verdict === 'missing there' && shows[finding.movement.direction]
          ? [`${finding.movement.direction} ${finding.movement.receipt ?? `nameless ${finding.movement.amountCents}`}`]
          : [],
      );
      const found = await books.compare(sorted, limit);
      expect(found).toEqual({ lines: sorted.map((line) => `${said.get(line)} ${line.receipt}`), absent: absent.sort() });
    }),
    { numRuns: scaled(40) },
  );
}, 240_000);
