import { lookupHash } from '#ground/db/encryption.ts';
import type { NoticeEvent } from '#ground/outbox/message.ts';
import { addPerson } from '#people/people/manage-people.ts';
import { promiseNotice } from '#sacco/members/promise-notice.ts';
import { confirm, noticeBody, tellsNow } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import type { MadeLoan, MadeMember } from '../world/lending.ts';
import type { World } from '../world/world.ts';

/** Promises to tell of an event, as whoever causes it does. */
export const tell = (world: World, event: NoticeEvent, subjectId: string, member: MadeMember, treasurers = false): Promise<void> =>
  world.app.db.transaction((tx) => promiseNotice(tx, { event, subjectId, memberId: member.id, treasurers, now: world.clock.now() }));

/** The SMS that came to a phone, oldest first. */
export const smsTo = ({ smsInbox }: World, { phone }: { phone: string }): string[] =>
  smsInbox
    .messages()
    .filter(({ to }) => to === phone)
    .map(({ text }) => text);

/** The mails that came to an address, oldest first. */
export const mailsTo = ({ inbox }: World, email: string) => inbox.messages().filter(({ to }) => to.some((each) => each.email === email));

/** Somebody who looks after the loans and is no member, with a phone of their own that is verified. */
export async function makeTreasurer(world: World, email?: string): Promise<{ phone: string }> {
  const phone = newPhone();
  const now = world.clock.now();
  await addPerson(world.app.db, { phone, name: 'Mwalimu Kamau', email, role: 'treasurer' }, { actor: 'test', now });
  await world.database.sql('update people set phone_verified_at = $2 where phone_hash = $1', [lookupHash(phone), now]);
  return { phone };
}

/** Puts a loan into another state, past the functions. */
export const putLoan = ({ database }: World, { id }: { id: string }, state: string, more: { note?: string } = {}) =>
  database.sql('update loans set state = $2, decision_note = coalesce($3, decision_note) where id = $1', [id, state, more.note ?? null]);

/** Pays the paybill for a reference, as Safaricom tells it. Returns the receipt. */
export async function pay(world: World, reference: string, amountShillings: number): Promise<string> {
  const now = tellsNow(world);
  const response = await confirm(world, noticeBody({ ...now, TransAmount: String(amountShillings), BillRefNumber: reference }));
  if (response.status !== 200) throw new Error(`The notice was answered ${response.status}.`);
  return now.TransID;
}

/** The one repayment of a loan. */
export async function repaymentOf({ database }: World, { id }: MadeLoan): Promise<string> {
  const [row] = await database.sql<{ id: string }>('select id from repayments where loan_id = $1 order by booked_at desc limit 1', [id]);
  if (!row) throw new Error('Nothing was repaid.');
  return row.id;
}

/** Goes to a moment and strikes the clock there. Hours pass at once. */
export async function goTo(world: World, moment: string): Promise<void> {
  await world.clock.advance(Date.parse(moment) - 60_000 - world.clock.now().getTime());
  await world.pass(1);
}

/** Promises a digest for a day, as the runs do: for both channels unless one is named. */
export async function promiseDigest(
  { database }: World,
  member: MadeMember,
  on: string,
  channels: readonly string[] = ['sms', 'email'],
): Promise<void> {
  for (const channel of channels)
    await database.sql(
      'insert into outbox (id, dedupe_key, message, urgency, due_at) values (gen_random_uuid(), $1, $2, 1, $3) on conflict do nothing',
      [`digest:${member.id}:${on}:${channel}`, { kind: 'digest', memberId: member.id, on, channel }, new Date(`${on}T05:00:00Z`)],
    );
}

/** What became of the messages of a kind: how many were said, wait, and were given up. */
export async function outboxOf({ database }: World, kind: string): Promise<{ said: number; waiting: number; dead: number }> {
  const [row] = await database.sql<{ said: number; waiting: number; dead: number }>(
    `select count(sent_at)::int as said, (count(*) filter (where sent_at is null and dead_at is null))::int as waiting, count(dead_at)::int as dead
    from outbox where message ->> 'kind' = $1`,
    [kind],
  );
  return row ?? { said: 0, waiting: 0, dead: 0 };
}

/** A penalty of a loan that the night charged and nobody has told yet. */
export const chargePenalty = (
  { database, clock }: World,
  { id }: MadeLoan,
  {
    number = 1,
    period = 1,
    on,
    days,
    baseCents = 50_000,
    amountCents = 5_000,
  }: { number?: number; period?: number; on: string; days: number; baseCents?: number; amountCents?: number },
) =>
  database.sql(
    `insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [id, number, period, on, days, baseCents, amountCents, clock.now()],
  );
