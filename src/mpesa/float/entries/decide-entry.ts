import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call, OpenCall } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { line } from '#ground/text/line.ts';
import { personBehindSql } from '#people/auth/find-key-holder.ts';
import type { PaidByHand } from '../../payouts/record-by-hand.ts';
import type { App } from '../../wiring/app.ts';
import { floatEntries } from '../float.schema.ts';
import { type Gap, readGaps } from '../watch/read-gaps.ts';
import { compareAgain, compareWithin } from '../watch/watch-float.ts';
import { writeDifference } from '../watch/write-differences.ts';
import { bookPaidOut } from './book-paid-out.ts';
import { type Place, placeEntry, type WaitingEntry } from './place-entry.ts';
import { requireShown } from './require-shown.ts';
import { sayUnproved } from './say-unproved.ts';

/** Which entry. */
export const DecideEntryInput = z.strictObject({ id: z.uuid() });

/** Which entry, and why it is rejected: the person who requested it reads the note. */
export const RejectEntryInput = z.strictObject({ id: z.uuid(), note: line(2, 200).optional() });

const ENTRY = pick(floatEntries, 'e', ['shortcode', 'kind', 'amountCents', 'occurredOn', 'state', 'askedAt', 'askedBy']);
const Entry = ENTRY.row.extend({ asker: z.string().nullable() });

type Deciding = Pick<App, 'db' | 'clock' | 'config'>;

/**
 * Books an entry, once. The person who decides is not the one who requested it or whose key did. A top-up is booked only when two successive balances of Safaricom's
 * show that much more than the books, because what is booked may be lent or paid out. A sweep or charge is refused where that money cannot have left; a payment by
 * hand needs the line of a signed statement. Throws `entry_not_found`, `entry_decided`, `second_person_needed`, `top_up_not_proved`, `entry_not_shown`,
 * `paid_out_not_shown`, `receipt_known`, `amount_mismatch`, and whatever requesting that refund or payout throws.
 */
export const approveEntry =
  (paidByHand: PaidByHand) =>
  async (app: Deciding & Pick<App, 'upstairs'>, { id }: z.output<typeof DecideEntryInput>, call: OpenCall) => {
    const now = app.clock.now();
    const shortcode = await app.db.transaction(async (tx) => {
      const entry = await lockEntry(tx, id, call);
      if (entry.kind === 'paid_out') await bookPaidOut({ paidByHand, upstairs: app.upstairs }, tx, id, call, now);
      else await bookOwnMoney(app, tx, { id, entry: { ...entry, kind: entry.kind }, call, now });
      await audit(tx, id, 'float_entry_booked', call, now);
      return entry.shortcode;
    });
    call.later(() => compareAgain(app, shortcode));
    return { entryId: id, state: 'booked' };
  };

type Booking = { id: string; entry: z.output<typeof Entry> & { kind: WaitingEntry['kind'] }; call: Call; now: Date };

async function bookOwnMoney(app: Deciding, tx: Tx, { id, entry, call, now }: Booking): Promise<void> {
  await compareWithin(app, tx, entry.shortcode, now); // first closes the gaps that earlier entries explain, so that none is explained twice
  const gaps = await readGaps(tx, app.config, entry.shortcode, now);
  const place = await placeEntry(tx, app.config, gaps, { ...entry, countsFrom: await readCountsFrom(tx, entry) });
  if (entry.kind === 'top_up' && place.parts.length === 0)
    throw new AppError('top_up_not_proved', await sayUnproved(tx, app.config, { ...entry, gaps, now }));
  await requireShown(tx, entry, place, now);
  for (const { gap, cents } of place.parts) await keepSeen(tx, entry.shortcode, gap, cents, now);
  const provedBy = entry.kind === 'top_up' ? 'balance' : null;
  await tx.execute(sql`
    select book_float_entry_2(${id}::uuid, ${call.caller.id}, ${instantSql(place.at)}, ${provedBy}::text, ${instantSql(now)})`);
  await keepPlace(tx, id, entry, place);
}

/** Rejects an entry, once. Throws `entry_not_found`, `entry_decided` and `second_person_needed`, as approving does. */
export async function rejectEntry({ db, clock }: Deciding, { id, note }: z.output<typeof RejectEntryInput>, call: Call) {
  const now = clock.now();
  await db.transaction(async (tx) => {
    await lockEntry(tx, id, call);
    await tx.execute(sql`
      update float_entries set state = 'rejected', decided_by = ${call.caller.id}, decided_at = ${instantSql(now)},
        decision_note = ${sql.param(note ?? null, floatEntries.decisionNote)}
      where id = ${id}::uuid`);
    await audit(tx, id, 'float_entry_rejected', call, now);
  });
  return { entryId: id, state: 'rejected' };
}

async function lockEntry(tx: Tx, id: string, { caller }: Call): Promise<z.output<typeof Entry>> {
  const [entry] = await readRows(
    tx,
    Entry,
    sql`
    select ${ENTRY.list}, ${personBehindSql(sql`e.asked_by`)} as asker from float_entries e where e.id = ${id}::uuid for update`,
  );
  if (!entry) throw new AppError('entry_not_found', 'There is no such entry.');
  if (entry.state !== 'asked') throw new AppError('entry_decided', `This entry is ${entry.state} already: it is decided once.`);
  if (entry.asker === null)
    throw new AppError(
      'second_person_needed',
      'This entry was requested with an API key whose maker is no longer here, or unknown: enter it again as a person.',
    );
  if (entry.asker === caller.id)
    throw new AppError(
      'second_person_needed',
      entry.askedBy === caller.id
        ? 'You requested this entry: a second person has to decide it.'
        : 'Your own API key requested this entry: a second person has to decide it.',
    );
  return entry;
}

/**
 * From when an entry that explains no gap counts: when it was requested, or just after the last balance that agreed if that is later. So later balances show an
 * entry that never happened.
 */
async function readCountsFrom(tx: Tx, { shortcode, askedAt }: z.output<typeof Entry>): Promise<Date> {
  const statement = sql`select anchor_at + interval '1 millisecond' as at from float_watches where shortcode = ${shortcode}`;
  const [anchor] = await readRows(tx, z.object({ at: instant }), statement);
  return anchor && anchor.at > askedAt ? anchor.at : askedAt;
}

/**
 * Where an entry explains what one balance alone has shown, keeps that as an explained difference, in case the explanation proves wrong; later balances are compared
 * with that balance.
 */
async function keepSeen(tx: Tx, shortcode: string, { cents: amountCents, seen }: Gap, explained: bigint, now: Date): Promise<void> {
  if (!seen?.isExact || (amountCents !== explained && amountCents !== -explained)) return;
  const { since, newest } = seen;
  await writeDifference(tx, { shortcode, amountCents, since, first: newest, second: newest, explained: true, now });
  await tx.execute(sql`
    update float_watches set anchor_at = ${instantSql(newest.at)}, anchor_cents = ${newest.cents} where shortcode = ${shortcode}`);
}

/**
 * Records the beginning of the time that an entry explains, and each part that counts at another moment than the entry itself. Corrects the money from before the
 * first balance where the two moments lie on different sides of it.
 */
async function keepPlace(tx: Tx, id: string, { shortcode, kind }: z.output<typeof Entry>, { parts, at }: Place): Promise<void> {
  if (!at || parts.length === 0) return;
  const from = new Date(Math.min(...parts.map(({ gap }) => gap.from.getTime())));
  await tx.execute(sql`update float_entries set explains_from = ${instantSql(from)} where id = ${id}::uuid`);
  const main = instantSql(at);
  for (const { gap, cents } of parts.filter(({ gap }) => gap.until.getTime() !== at.getTime())) {
    const until = instantSql(gap.until);
    await tx.execute(sql`
      insert into float_entry_parts (entry_id, shortcode, occurred_at, cents) values (${id}::uuid, ${shortcode}, ${until}, ${cents})
      on conflict (entry_id, occurred_at) do update set cents = float_entry_parts.cents + excluded.cents`);
    await tx.execute(sql`
      update float_watches set opening_cents = opening_cents - ${kind === 'top_up' ? cents : -cents} * ((opened_at >= ${until})::int - (opened_at >= ${main})::int)
      where shortcode = ${shortcode}`);
  }
}

const audit = (tx: Tx, id: string, action: string, call: Call, now: Date) =>
  record(tx, { actor: call.caller.id, action, subject: id, before: 'asked', requestId: call.requestId, happenedAt: now });
