import { LISTED_PROBLEMS } from './limits.ts';
import type { BalanceBreak, Checks, Statement, StatementLine } from './statement.ts';

const signed = ({ direction, amountCents }: Pick<StatementLine, 'direction' | 'amountCents'>) =>
  direction === 'in' ? amountCents : -amountCents;

/** The lines in the order of time: reversed where the file's newest line stands first. */
const inTime = (lines: StatementLine[], order: Checks['order']) => (order === 'newest first' ? lines.toReversed() : lines);

/** Whether a file's newest or oldest line stands first: by its times; where all lines have one time, by its balances; where those agree either way, by the opening balance. */
function readOrder(lines: StatementLine[], openingCents: bigint | undefined): Checks['order'] {
  const first = lines[0];
  const last = lines.at(-1);
  if (!first || !last || lines.length === 1) return 'unknown';
  if (first.completedAt.getTime() !== last.completedAt.getTime())
    return first.completedAt > last.completedAt ? 'newest first' : 'oldest first';
  const [newest, oldest] = [findBreaks(lines.toReversed()).length, findBreaks(lines).length];
  if (newest !== oldest) return newest < oldest ? 'newest first' : 'oldest first';
  const opens = ({ balanceCents, ...line }: StatementLine) => balanceCents !== undefined && balanceCents - signed(line) === openingCents;
  return opens(first) === opens(last) ? 'unknown' : opens(last) ? 'newest first' : 'oldest first';
}

/** The lines, given oldest first, whose balance is not the one of the line before plus their own amount; with `byAccount` each account and store by itself. */
function findBreaks(lines: StatementLine[], byAccount = false): BalanceBreak[] {
  const before = new Map<string, bigint>();
  const breaks: BalanceBreak[] = [];
  for (const line of lines) {
    if (line.balanceCents === undefined) continue;
    const chain = byAccount ? `${line.store}|${line.account}` : '';
    const earlier = before.get(chain);
    if (earlier !== undefined && earlier + signed(line) !== line.balanceCents)
      breaks.push({ lineNumber: line.lineNumber, expectedCents: earlier + signed(line), foundCents: line.balanceCents });
    before.set(chain, line.balanceCents);
  }
  return breaks;
}

/** An export of several accounts at once may have one balance for all of them, or one for each. */
function breaksOf(layout: Statement['layout'], ordered: StatementLine[]): BalanceBreak[] {
  if (layout === 'head_office') return findBreaks(ordered, true);
  const breaks = findBreaks(ordered);
  if (layout !== 'plain' || breaks.length === 0) return breaks;
  const ofEach = findBreaksOfEach(ordered);
  return ofEach.length < breaks.length ? ofEach : breaks;
}

const TAKES_PAYMENTS = new Set(['utility', 'merchant']);

/** The same where each account has a balance of its own. A line whose words do not name its account belongs to the one whose balance it continues. */
function findBreaksOfEach(lines: StatementLine[]): BalanceBreak[] {
  const before = new Map<string, bigint>();
  const breaks: BalanceBreak[] = [];
  for (const line of lines) {
    const { account, balanceCents } = line;
    if (balanceCents === undefined) continue;
    const named = account && (TAKES_PAYMENTS.has(account) ? 'payments' : account);
    const follows = (name: string) => before.has(name) && (before.get(name) ?? 0n) + signed(line) === balanceCents;
    const own = named ?? [...before.keys()].find(follows) ?? 'payments';
    const expectedCents = (before.get(own) ?? balanceCents - signed(line)) + signed(line);
    if (expectedCents !== balanceCents) breaks.push({ lineNumber: line.lineNumber, expectedCents, foundCents: balanceCents });
    before.set(own, balanceCents);
  }
  return breaks;
}

const agrees = (claimed: bigint | undefined, found: bigint | undefined) =>
  claimed === undefined || found === undefined ? 'unknown' : claimed === found ? 'agrees' : 'differs';

/** Whether a statement's own figures agree: each balance with the one before, the first and last with the header, the sums with its totals. */
export function checkBalance(statement: Omit<Statement, 'checks'>): Checks {
  const { lines, openingCents, closingCents, totalInCents, totalOutCents, unreadableCount } = statement;
  const order = readOrder(lines, openingCents);
  const ordered = inTime(lines, order);
  const breaks = breaksOf(statement.layout, ordered);
  const oldest = ordered[0];
  const newest = ordered.at(-1);
  const sum = (direction: 'in' | 'out') =>
    lines.reduce((total, line) => total + (line.direction === direction ? line.amountCents : 0n), 0n);
  const [totalIn, totalOut] = [agrees(totalInCents, sum('in')), agrees(totalOutCents, sum('out'))];
  const firstBefore = oldest?.balanceCents === undefined ? undefined : oldest.balanceCents - signed(oldest);
  const whole = unreadableCount === 0 && breaks.length === 0;
  const known = lines.every((line) => line.balanceCents !== undefined) && (lines.length > 0 || closingCents !== undefined);
  return {
    order,
    balance: whole ? (known ? 'unbroken' : 'unknown') : 'broken',
    breaks: breaks.slice(0, LISTED_PROBLEMS),
    breakCount: breaks.length,
    opening: agrees(openingCents, oldest ? firstBefore : closingCents),
    closing: agrees(closingCents, newest ? newest.balanceCents : openingCents),
    totals:
      totalIn === 'differs' || totalOut === 'differs' ? 'differ' : totalIn === 'unknown' || totalOut === 'unknown' ? 'unknown' : 'agree',
  };
}
