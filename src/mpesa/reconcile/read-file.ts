import { sql } from 'drizzle-orm';
import { encrypt } from '#ground/db/encryption.ts';
import { violatedConstraint } from '#ground/db/errors.ts';
import { instantSql } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { ownAccount } from '../float/our-numbers.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import { LISTED_PROBLEMS } from '../statements/limits.ts';
import { readStatementSafely } from '../statements/read-statement-safely.ts';
import type { Checks, Problem, Refused, Statement, StatementLine } from '../statements/statement.ts';
import type { App } from '../wiring/app.ts';
import { readOriginal } from './keep-part.ts';
import { oldestFirst, toRow } from './to-row.ts';

/** Lines that one request stores. */
const CHUNK = 4_000;

type Waiting = { id: string; fileName: string; parts: number; shortcode: string | null; done: number };
type Refusal = {
  code: Refused['code'] | 'statement_lines_unreadable' | 'statement_shortcode_unknown' | 'statement_known';
  why: string;
  problems?: Problem[];
};

const STORE = `
  with statement as (update statements set done = greatest(done, $3::int) where id = $1::uuid and state = 'reading' returning id)
  insert into statement_lines (statement_id, n, line_number, line_key, receipt, completed_at, direction, amount_cents, balance_cents, kind, ordinal, linked_receipt, details, reference, standing,
    typed_reference, payer_name, payer_phone, payer_hash, payer_tail, own_party)
  select s.id, t.* from statement s, jsonb_to_recordset($2::jsonb) as t(n int, line_number int, line_key text, receipt text, completed_at timestamptz, direction text, amount_cents bigint,
    balance_cents bigint, kind text, ordinal int, linked_receipt text, details text, reference text, standing text, typed_reference text, payer_name text, payer_phone text, payer_hash text, payer_tail text, own_party text)
  on conflict do nothing`;

/**
 * Reads the file of a statement and stores as many lines as the deadline allows; the next call goes on. A file with an unreadable line, or about somebody else's
 * short code, is refused with the reasons, and nothing of it is kept.
 */
export async function readFile(app: App, waiting: Waiting, deadline: Date): Promise<void> {
  const { bytes, hash } = await readOriginal(app.db, waiting);
  const read = await readStatementSafely(bytes, waiting.fileName);
  const refusal = judge(app, waiting, read);
  if (refusal || read.outcome === 'refused') return refuse(app, waiting.id, refusal);
  const shortcode = ownAccount(app.config, read.shortcode ?? waiting.shortcode ?? '')?.shortcode ?? '';
  const lines = oldestFirst(read.lines, read.checks.order);
  if (!(await begin(app, { id: waiting.id, shortcode, hash, read, oldest: lines[0] }))) return;
  for (let done = waiting.done; done < lines.length; done += CHUNK) {
    if (app.clock.now() >= deadline) return;
    const chunk = lines.slice(done, done + CHUNK);
    const rows = chunk.map((line, at) => toRow(app.config, shortcode, line, done + at + 1));
    await app.db.query(STORE, [waiting.id, JSON.stringify(rows), done + chunk.length]);
  }
  await app.db.execute(sql`
  update statements set state = 'matching', done = 0 where id = ${waiting.id}::uuid and state = 'reading' and done >= line_count`);
}

/** Why a file that was read is refused; empty when it is not. */
function judge(app: App, { shortcode }: Waiting, read: Statement | Refused): Refusal | undefined {
  if (read.outcome === 'refused') return { code: read.code, why: read.message };
  if (read.unreadableCount > 0)
    return {
      code: 'statement_lines_unreadable',
      why: `${read.unreadableCount === 1 ? '1 line' : `${read.unreadableCount} lines`} cannot be read, and nothing of the file was taken. Export the same days from the M-PESA portal again, and send the file without opening or changing it. The list says which lines, and what else is odd.`,
      problems: read.problems,
    };
  const about = read.shortcode ?? shortcode ?? undefined;
  if (about === undefined)
    return {
      code: 'statement_shortcode_unknown',
      why: 'The file does not say which short code it is about: send it again with the short code (?shortcode=600000; on the command line --shortcode 600000).',
    };
  if (shortcode && read.shortcode && shortcode !== read.shortcode)
    return { code: 'statement_shortcode_unknown', why: `The file is about ${read.shortcode}, not about ${shortcode}.` };
  if (!ownAccount(app.config, about))
    return { code: 'statement_shortcode_unknown', why: `${about} is not one of our short codes: name it in MPESA_SHORTCODES if it is.` };
  return undefined;
}

async function refuse(app: App, id: string, refusal: Refusal | undefined): Promise<void> {
  if (!refusal) return;
  const problems = refusal.problems ?? [];
  await app.db.execute(sql`
  update statements set state = 'refused', refused_code = ${refusal.code}, refused_why = ${encrypt(refusal.why, 'refused_why')}, problems = ${encrypt(JSON.stringify(problems), 'problems')},
    problem_count = ${problems.length}::int, finished_at = ${instantSql(app.clock.now())}
  where id = ${id}::uuid and state in ('waiting', 'reading')`);
}

type Begun = { id: string; shortcode: string; hash: string; read: Statement; oldest: StatementLine | undefined };

/** Stores what a statement says about itself. False when the statement is no longer to be read. */
async function begin(app: App, { id, shortcode, hash, read, oldest }: Begun): Promise<boolean> {
  const { checks, covers, openingCents, closingCents } = read;
  const isQuiet = read.lines.length + read.others.length === 0 && read.period !== undefined; // an empty statement has no figures that could disagree; it proves and refutes nothing
  const unbroken =
    (checks.balance === 'unbroken' || isQuiet) &&
    checks.opening !== 'differs' &&
    checks.closing !== 'differs' &&
    checks.totals !== 'differ';
  const ofChecks = describeChecks(checks, isQuiet);
  const problems = [...ofChecks, ...read.problems].slice(0, LISTED_PROBLEMS);
  const signed = oldest && (oldest.direction === 'in' ? oldest.amountCents : -oldest.amountCents);
  const opening = openingCents ?? (signed !== undefined && oldest?.balanceCents !== undefined ? oldest.balanceCents - signed : undefined);
  const account = ownAccount(app.config, shortcode);
  const at = (moment: Date | undefined) => instantSql(moment);
  const from = isQuiet ? read.period?.from : undefined;
  try {
    const { rowCount } = await app.db.execute(sql`
    update statements set state = 'reading', file_hash = ${hash}, shortcode = ${shortcode}, prompts = ${account?.prompts ?? false}, pays_out = ${payingShortcode(app.config) === shortcode},
      account = ${read.account ?? null}, layout = ${read.layout}, covers_from = ${at(covers?.from ?? from)}, covers_to = least(${at(covers?.to ?? from)}, uploaded_at), named_to = ${at(read.reportedAt ? undefined : read.period?.to)},
      opening_cents = ${opening?.toString() ?? null}::bigint, closing_cents = ${closingCents?.toString() ?? null}::bigint, opening_told = ${openingCents !== undefined}, unbroken = ${unbroken},
      whole = ${unbroken && covers !== undefined}, line_count = ${read.lines.length}::int, problems = ${encrypt(JSON.stringify(problems), 'problems')},
      problem_count = ${read.problemCount + ofChecks.length + checks.breakCount - checks.breaks.length}::int
    where id = ${id}::uuid and state in ('waiting', 'reading')`);
    return rowCount === 1;
  } catch (error) {
    if (violatedConstraint(error) === undefined) throw error;
    await refuse(app, id, { code: 'statement_known', why: 'This very file was imported already.' });
    return false;
  }
}

/** Which of a statement's own figures do not agree, or are missing, in words for a treasurer: first each line whose balance does not follow. Empty where all agree. */
function describeChecks({ balance, breaks, opening, closing, totals }: Checks, isQuiet: boolean): Problem[] {
  const problems: Problem[] = breaks.map(({ lineNumber, expectedCents, foundCents }) => ({
    lineNumber,
    problem: `Its balance is ${shillings(foundCents)}; the line before it and its own amount make ${shillings(expectedCents)}.`,
  }));
  if (balance === 'unknown' && isQuiet)
    problems.push({
      problem:
        'It has no line, and says no balance: that nothing moved is what two people say who have looked, until a later statement joins.',
    });
  else if (balance === 'unknown') problems.push({ problem: 'Not every line has a balance: nothing shows that the file is whole.' });
  if (opening === 'differs') problems.push({ problem: 'The oldest line does not follow from the opening balance.' });
  if (closing === 'differs') problems.push({ problem: 'The newest line does not end in the closing balance.' });
  if (totals === 'differ') problems.push({ problem: 'What the lines add up to is not the total paid in or withdrawn.' });
  return problems;
}
