import { afterAll, beforeAll, expect, test } from 'vitest';
import { runClaim } from '../../dev/claim.ts';
import { runDetach } from '../../dev/detach.ts';
import { newPhone } from '../world/checkout.ts';
import { sessionOfHash, signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { approve, csvOf, fill, post, sentCents, upload } from './bulk.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let approver: Headers;

let [asking, approving] = ['', ''];
beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  const staff = await world.database.sql<{ hash: string }>('select phone_hash as hash from people order by id');
  [asking, approving] = staff.map(({ hash }) => hash) as [string, string];
  await fill(world, 1);
});
afterAll(() => world.stop());

const silent = { print: () => undefined, complain: (text: string) => console.error(text) };
const part = async (payoutId: string) =>
  (await world.database.sql<{ id: string; state: string }>('select id, state from withdrawals where payout_id = $1', [payoutId]))[0] as {
    id: string;
    state: string;
  };
const sendAgain = (payoutId: string, by = approver) =>
  post(world, `/api/payouts/${payoutId}/send-again`, { reason: 'Not on the statement' }, by);

/** A payout that is reserved and not sent, in a database that becomes a copy and is claimed. */
async function reservedInCopy(): Promise<string> {
  await post(world, '/api/payouts/stop', { reason: 'A restore is made' }, approver);
  const { body } = await post(world, '/api/payouts', { phoneNumber: newPhone(), amount: 300, reason: 'Supplier' }, asker);
  const payoutId = String(body.payoutId);
  expect(await post(world, `/api/payouts/${payoutId}/decision`, {}, approver)).toMatchObject({ status: 200 });
  await becomeCopy();
  return payoutId;
}

/** The database is set back to this moment, and claimed. */
async function becomeCopy(): Promise<void> {
  const from = { DATABASE_URL: world.database.url };
  const now = world.clock.now();
  expect(await runDetach(['--as-of', now.toISOString(), '--last-invoice', 'none'], from, silent, now)).toBe(0);
  expect(await runClaim(['copy', '--by', 'Wanjiru Kamau'], () => world.database.url, silent, now)).toBe(0);
  [asker, approver] = [await sessionOfHash(world, asking), await sessionOfHash(world, approving)]; // everybody signs in anew
}

test('a reserved payout of a copy that M-PESA knows nothing of is sent again under its own id, by a person, and paid once', async () => {
  const payoutId = await reservedInCopy();
  const { id, state } = await part(payoutId);
  expect(state).toBe('unknown');
  expect(await sendAgain(payoutId)).toMatchObject({ status: 409, body: { code: 'payouts_stopped' } });
  await post(world, '/api/payouts/start', { reason: 'The statement was read' }, approver);
  expect(await sendAgain(payoutId)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } }); // nobody has answered yet
  const before = sentCents(world);
  await world.pass(2);
  expect(await sendAgain(id)).toMatchObject({ status: 200, body: { payoutId, sent: 0, asked: 1 } }); // one answer
  await world.pass(10);
  expect([(await part(payoutId)).state, sentCents(world)]).toEqual(['unknown', before]); // nothing by itself

  const both = await Promise.all([sendAgain(payoutId), sendAgain(payoutId)]);
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  await world.pass(3);
  expect(await part(payoutId)).toEqual({ id, state: 'paid' });
  expect(sentCents(world) - before).toBe(30_000n);
  expect(await sendAgain(payoutId)).toMatchObject({ status: 409, body: { code: 'payout_not_unknown' } });
  expect(await world.database.sql('select actor, after from audit where action = $1', ['payout_sent_again'])).toEqual([
    { actor: expect.stringContaining('person:'), after: { reason: 'Not on the statement', parts: [id] } },
  ]);
});

test('one that was sent before the copy was made is not sent again: its status says that it was paid', async () => {
  const payoutId = await reservedInCopy();
  const { id } = await part(payoutId);
  // the other site sends it after the backup
  await world.app.daraja.sendB2c({
    ...{ originatorConversationId: id, phone: newPhone(), amountShillings: 300, commandId: 'BusinessPayment', remarks: 'x', occasion: 'x' },
    ...{ resultUrl: `${world.siteUrl}/nowhere`, timeoutUrl: `${world.siteUrl}/nowhere` },
  });
  await world.pass(1);
  await post(world, '/api/payouts/start', { reason: 'The statement was read' }, approver);
  const before = sentCents(world);
  await sendAgain(payoutId);
  await world.pass(10);
  expect(await part(payoutId)).toEqual({ id, state: 'paid' });
  expect(sentCents(world)).toBe(before);
});

test('an answer that Safaricom is busy counts for nothing', async () => {
  const payoutId = await reservedInCopy();
  await post(world, '/api/payouts/start', { reason: 'The statement was read' }, approver);
  world.simulator.control.switch({ unknownReceiptCode: '26' });
  await world.pass(8);
  expect(await sendAgain(payoutId)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
  world.simulator.control.switch({ unknownReceiptCode: 'SFC_IC0003' });
  await world.pass(16);
  expect(await sendAgain(payoutId)).toMatchObject({ status: 200, body: { sent: 1, asked: 0 } });
});

test('no such payout, and one that is paid, are said', async () => {
  expect(await sendAgain('00000000-0000-4000-8000-000000000000')).toMatchObject({ status: 404, body: { code: 'payout_not_found' } });
});

test('a bulk payout that waited when the copy was made is not approved before a person has looked', async () => {
  const { body } = await upload(world, csvOf([{ amount: 20 }]), asker);
  await becomeCopy();
  expect(await approve(world, body, approver)).toMatchObject({ status: 409, body: { code: 'payout_under_way', bulkId: body.bulkId } });
  const [task] = await world.database.sql<{ id: string }>("select id from reviews where kind = 'bulk_of_copy' and subject = $1", [
    body.bulkId,
  ]);
  expect(await post(world, `/api/tasks/${task?.id}/close`, { note: 'None of it was paid' }, approver)).toMatchObject({ status: 200 });
  expect(await approve(world, body, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } }); // closing it was one person's word
  expect(await approve(world, body, approver)).toMatchObject({ status: 200 });
});

test('what was sent long before the copy was made is asked about anew for a day, and keeps when it was first sent', async () => {
  const payoutId = await reservedInCopy();
  const { id } = await part(payoutId);
  const sentAt = new Date(world.clock.now().getTime() - 3 * 24 * 3_600_000);
  await world.database.sql(
    "update withdrawals set state = 'dispatched', dispatched_at = $2, tried_at = $2, query_due_at = null where id = $1",
    [id, sentAt],
  );
  await becomeCopy();
  const now = world.clock.now();
  await world.pass(2);
  const [stands] = await world.database.sql<Record<'dispatched_at' | 'tried_at' | 'query_due_at', Date>>(
    'select dispatched_at, tried_at, query_due_at from withdrawals where id = $1',
    [id],
  );
  expect(stands).toEqual({ dispatched_at: sentAt, tried_at: now, query_due_at: expect.any(Date) });
  expect(await world.database.sql("select from reviews where kind = 'payout_unresolved' and subject = $1", [id])).toEqual([]);
});
