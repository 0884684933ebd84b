import { balances } from '#books/ledger/balance.ts';
import { linesOfLies } from './account.ts';
import { discardStatement, signStatement, type Uploaded, unfinished, uploadStatement } from './sources/statement.ts';
import { heldBySafaricom, type Stage, strikeMinute } from './stage.ts';
import type { Lane } from './world-of-money.ts';

/** What is done with statements at the end of a slot: `killed` dies when the sign-off is written, `together`: it is signed while the slot's tellings come. */
export type PaperStep = { uploads: boolean; signs: 'no' | 'yes' | 'killed'; together: boolean };

/** The statements of one play: what waits for a second person, what was signed, a forged one that nobody will sign, and what went otherwise than it must. */
export type Paper = { stage: Stage; waiting: Uploaded[]; signed: string[]; forged: Uploaded[]; wrong: string[]; signedEarly: boolean };

/** One treasurer alone uploads a statement that contains the lies, at the very beginning. */
export async function beginPaper(stage: Stage, lanes: Lane[]): Promise<Paper> {
  const { uploaded, wrong } = await uploadStatement(stage, lanes.flatMap(linesOfLies));
  return { stage, waiting: [], signed: [], forged: uploaded ? [uploaded] : [], wrong, signedEarly: false };
}

/** Uploads the account as it is now. */
export async function upload(paper: Paper): Promise<void> {
  const { uploaded, wrong } = await uploadStatement(paper.stage);
  paper.wrong.push(...wrong);
  if (uploaded) paper.waiting.push(uploaded);
}

/** Signs all that waits, at the same time. */
export async function sign(paper: Paper, signs: PaperStep['signs']): Promise<void> {
  if (signs === 'no') return;
  const due = paper.waiting.splice(0);
  const wrong = await Promise.all(due.map((each) => signStatement(paper.stage, each, signs === 'killed')));
  paper.wrong.push(...wrong.flat());
  paper.signed.push(...due.map(({ id }) => id));
  paper.signedEarly ||= due.length > 0;
}

/** What the watch of the balance has open, in shillings: how much Safaricom has more than the books, or less. */
async function unexplained({ world }: Stage): Promise<number[]> {
  const rows = await world.database.sql<{ shillings: number }>(
    'select (amount_cents / 100)::int as shillings from float_differences where explained_at is null and accepted_at is null',
  );
  return rows.map(({ shillings }) => shillings);
}

async function booked({ world }: Stage): Promise<number> {
  const { paybill_float = 0n, paybill_told = 0n } = await balances(world.app.db);
  return Number((paybill_float + paybill_told) / 100n);
}

/** Whatever the books do not have, or have that never came, is open for a person: no difference is silent. */
async function isSaid(stage: Stage, when: string): Promise<string[]> {
  const [open, missing] = [await unexplained(stage), heldBySafaricom(stage, stage.world.clock.now()) - (await booked(stage))];
  const said = open.reduce((sum, each) => sum + each, 0);
  return said === missing ? [] : [`${when} Safaricom has ${missing} more than the books, and ${said} is said (${open.join(', ')})`];
}

/** Two hours later, when all lies are taken back: two balances agree with the books, and nothing is open any more. */
export async function expectNoDifference({ stage, wrong }: Paper): Promise<void> {
  for (let hour = 0; hour < 3; hour += 1) {
    await stage.world.clock.advance(3_600_000);
    await strikeMinute(stage);
  }
  const open = await unexplained(stage);
  if (open.length > 0) wrong.push(`all is proved or taken back, and the watch of the balance still has open: ${open.join(', ')}`);
  wrong.push(...(await isSaid(stage, 'In the end')));
}

/** At rest: a whole statement is signed in the place of a pull, and what nobody should sign is discarded. */
export async function endPaper(paper: Paper): Promise<void> {
  const { stage } = paper;
  const { signedEarly } = paper;
  if (stage.tellsBalance) paper.wrong.push(...(await isSaid(stage, 'At rest')));
  await upload(paper);
  const until = stage.world.clock.now();
  await sign(paper, 'yes');
  stage.listedUntil = until;
  paper.signedEarly = signedEarly;
  for (let minute = 0; minute < 3; minute += 1) {
    await stage.world.clock.advance(60_000);
    await strikeMinute(stage);
  }
  for (const forged of paper.forged) paper.wrong.push(...(await discardStatement(stage, forged)));
  paper.wrong.push(...(await unfinished(stage, paper.signed)));
}
