import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { endLetter, quarantinedSql } from '#desk/letters/end-letter.ts';
import { confirm, newReceipt, noticeBody, openTasks, register } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { deadMail, deskOf, type Headers } from './letters.ts';

let world: World;
let treasurer: Headers;
let desk: ReturnType<typeof deskOf>;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
  desk = deskOf(world, () => treasurer);
});
afterAll(() => world.stop());

const retryAll = () => desk.post('/api/paybill/retry-notices');
const stands = (receipt: string) =>
  world.database.sql('select shortcode, amount_cents::int as cents from deposits where receipt = $1', [receipt]);

describe('a paybill notice that booked nothing', () => {
  const ours = () => world.app.config.paybill.shortcodes;
  let own: string[];
  beforeEach(() => {
    own = [...ours()];
  });
  const only = async () => {
    const { letters } = await desk.list('kind=notice');
    expect(letters).toHaveLength(1);
    return letters[0] as (typeof letters)[number];
  };
  async function quarantined(shortcode = '600777') {
    const receipt = newReceipt();
    const body = noticeBody({ TransID: receipt, BusinessShortCode: shortcode, TransAmount: '980.50', BillRefNumber: 'SHAMBA 12' });
    await confirm(world, body);
    return { receipt, body, letter: await only() };
  }

  test('says what keeps it from being read and no more; retried after the correction it is booked once, and its task is closed', async () => {
    const { receipt, letter } = await quarantined();
    expect(letter).toMatchObject({ kind: 'notice', tries: null, mustStay: null, about: { receipt, shortcode: '600777', amount: 980.5 } });
    expect(letter.reason).toContain('600777');
    expect(JSON.stringify(letter)).not.toMatch(/WANJIKU|126|SHAMBA/);
    expect(await desk.retry(letter.letterId)).toMatchObject({ status: 409, body: { code: 'letter_unreadable' } });
    expect((await desk.tasksOf(letter.letterId))[0]).toMatchObject({ open: true });

    ours().push('600777');
    expect(await only()).toMatchObject({ mustStay: expect.stringContaining('retry'), reason: expect.stringContaining('retry') });
    expect(await desk.discard(letter.letterId, 'Not ours')).toMatchObject({ status: 409, body: { code: 'letter_must_stay' } });
    const answers = await Promise.all([desk.retry(letter.letterId), desk.retry(letter.letterId), retryAll()]);
    expect(answers.slice(0, 2).map(({ status }) => status)).not.toEqual([200, 200]);
    expect(await stands(receipt)).toEqual([{ shortcode: '600777', cents: 98_050 }]);
    expect((await desk.list('kind=notice')).letters).toEqual([]);
    for (const press of [desk.retry, desk.discard])
      expect(await press(letter.letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    expect(await desk.tasksOf(letter.letterId)).toMatchObject([{ open: false, note: 'Read again.' }]);
    world.app.config.paybill.shortcodes.splice(0, Number.POSITIVE_INFINITY, ...own);
  });

  test('whose encryption key is missing hides no other, is not discarded, and is booked once the key is back', async () => {
    const { receipt, letter } = await quarantined();
    const [{ body }] = (await world.database.sql('select body from evidence where id = $1', [letter.letterId])) as [{ body: string }];
    const keep = (kept: string) => world.database.sql('update evidence set body = $2 where id = $1', [letter.letterId, kept]);
    await world.database.sql('alter table evidence disable trigger user');
    await keep(body.replace(/^v1\.[^.]+\./, 'v1.lost.'));
    const other = await confirm(world, noticeBody({ TransID: newReceipt(), BusinessShortCode: '600778' }));
    expect(other.status).toBe(200);
    const { letters } = await desk.list('kind=notice');
    expect(letters).toHaveLength(2);
    const locked = letters.find(({ letterId }) => letterId === letter.letterId);
    expect(locked).toMatchObject({ reason: locked?.mustStay, mustStay: expect.stringContaining('ENCRYPTION_KEYS') });
    expect(await desk.discard(letter.letterId)).toMatchObject({ status: 409, body: { code: 'letter_must_stay' } });
    ours().push('600777', '600778');
    expect(await retryAll()).toMatchObject({ status: 200, body: { read: 2, settled: 1 } });
    expect(await desk.retry(letter.letterId)).toMatchObject({ status: 409, body: { code: 'letter_unreadable' } });
    await keep(body);
    expect(await desk.retry(letter.letterId)).toMatchObject({ status: 200, body: { state: 'booked' } });
    expect(await stands(receipt)).toHaveLength(1);
    await world.database.sql('alter table evidence enable trigger user');
    ours().splice(0, Number.POSITIVE_INFINITY, ...own);
  });

  test('retried alone, it is booked, and the trail says by whom', async () => {
    const { receipt, letter } = await quarantined('600781');
    ours().push('600781');
    expect(await desk.retry(letter.letterId)).toEqual({
      status: 200,
      body: { letterId: letter.letterId, kind: 'notice', state: 'booked' },
    });
    expect(await stands(receipt)).toHaveLength(1);
    expect(await desk.trailOf(letter.letterId)).toMatchObject([
      { action: 'dead_letter_retried', actor: expect.stringMatching(/^person:/) },
    ]);
    expect(await desk.tasksOf(letter.letterId)).toMatchObject([{ open: false, closed_by: expect.stringMatching(/^person:/) }]);
    world.app.config.paybill.shortcodes.splice(0, Number.POSITIVE_INFINITY, ...own);
  });

  test('that is discarded does not come back: not by reading all again, not when it is sent once more', async () => {
    const { receipt, body, letter } = await quarantined('600782');
    const answers = await Promise.all(Array.from({ length: 5 }, () => desk.discard(letter.letterId, 'It is our neighbours’ till')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await desk.tasksOf(letter.letterId)).toMatchObject([{ open: false, note: 'Discarded: It is our neighbours’ till' }]);
    expect(await desk.trailOf(letter.letterId)).toHaveLength(1);
    await confirm(world, body);
    expect(await desk.idsOf('notice')).toEqual([]);
    expect(await openTasks(world)).not.toHaveProperty('c2b_notice_quarantined');
    ours().push('600782');
    expect((await retryAll()).body).toMatchObject({ read: 0, settled: 0 });
    expect(await desk.retry(letter.letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    expect(await stands(receipt)).toEqual([]);
    await confirm(world, body); // M-PESA says it once more, and now it can be read: money that came is booked
    expect(await stands(receipt)).toHaveLength(1);
    world.app.config.paybill.shortcodes.splice(0, Number.POSITIVE_INFINITY, ...own);
  });

  test('is ended by one statement, however many run at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const { letter } = await quarantined(`60079${round}`);
      const { letterId: id } = letter;
      const call = { requestId: 'test', address: '', caller: { id: 'person:test', scopes: [] } };
      const ending = { letter: { id, kind: 'notice' }, done: quarantinedSql(id), note: 'Seen.', call, now: world.clock.now() } as const;
      const end = () => endLetter(world.app.db, { ...ending, action: 'dead_letter_discarded' });
      const ends = await Promise.allSettled(Array.from({ length: 8 }, end));
      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await desk.trailOf(id)).toHaveLength(1);
    }
  });

  test('whose amount nobody can read is asked about, and ends when its receipt is booked', async () => {
    world.simulator.control.outage({ what: ['confirmation'], forMs: 60_000 });
    const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 321, account: 'NOBODY' });
    const receipt = 'receipt' in paid ? paid.receipt : '';
    await confirm(world, noticeBody({ TransID: receipt, TransAmount: '3,21' }));
    const letter = await only();
    expect(letter).toMatchObject({ reason: expect.stringContaining('no amount'), about: { receipt, amount: null } });
    const asked = await desk.retry(letter.letterId);
    expect(asked).toMatchObject({
      status: 409,
      body: { code: 'letter_unreadable', detail: expect.stringContaining('Safaricom is asked') },
    });
    await world.pass(2);
    expect(await stands(receipt)).toHaveLength(1);
    expect(await desk.retry(letter.letterId)).toMatchObject({ status: 200, body: { state: 'booked' } });
    expect(await desk.tasksOf(letter.letterId)).toMatchObject([{ open: false, note: 'Its receipt is booked.' }]);
    expect(await stands(receipt)).toHaveLength(1);
  });
});

describe('money that could not be allocated', () => {
  async function stuck() {
    const { paymentId, prompt } = await push(world);
    await world.database.sql("update payments set purpose = 'unheard_of' where id = $1", [paymentId]);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(12);
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where payment_id = $1', [paymentId]);
    return { paymentId, letterId: deposit?.id ?? '' };
  }
  const allocated = async (id: string) =>
    (await world.database.sql<{ done: boolean }>('select allocated_at is not null as done from deposits where id = $1', [id]))[0]?.done;

  test('says why, is never discarded, fails again as a letter with a new task, and is booked once when its cause is gone', async () => {
    const { paymentId, letterId } = await stuck();
    expect((await desk.list('kind=allocation')).letters).toEqual([
      {
        ...{ letterId, kind: 'allocation', what: expect.stringContaining('Money'), tries: 3, at: expect.any(String) },
        reason: expect.stringContaining('No purpose "unheard_of" is wired in'),
        about: { depositId: letterId, amount: 1250, receipt: expect.stringMatching(/^\w{10}$/), paymentId },
        mustStay: expect.stringContaining('money that came'),
      },
    ]);
    expect(await desk.discard(letterId)).toMatchObject({ status: 409, body: { code: 'letter_must_stay' } });
    expect(await desk.retry(letterId)).toEqual({ status: 202, body: { letterId, kind: 'allocation', state: 'queued' } });
    expect([await desk.idsOf('allocation'), (await desk.tasksOf(letterId)).map(({ open }) => open)]).toEqual([[], [false]]);
    expect(await desk.retry(letterId)).toMatchObject({ status: 409, body: { code: 'letter_not_dead' } });
    await world.pass(1);
    expect(await desk.idsOf('allocation')).toEqual([]);
    await world.pass(11);
    expect((await desk.list('kind=allocation')).letters).toMatchObject([{ letterId, tries: 3 }]);
    expect((await desk.tasksOf(letterId)).map(({ open }) => open)).toEqual([false, true]);

    await world.database.sql("update payments set purpose = 'order' where id = $1", [paymentId]);
    const answers = await Promise.all(Array.from({ length: 4 }, () => desk.retry(letterId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409, 409]);
    await world.pass(2);
    expect(await allocated(letterId)).toBe(true);
    const sales = await world.database.sql("select 1 from transfers where source_id = $1 and kind = 'sale' and leg = 1", [letterId]);
    expect(sales).toHaveLength(1);
    expect((await booksBalance(world)).clearingCents).toBe(0n);
    expect(await desk.trailOf(letterId)).toHaveLength(2);
  });

  test('stays a letter though somebody has closed its task', async () => {
    const { paymentId, letterId } = await stuck();
    await world.database.sql("update reviews set closed_at = now(), closed_by = 'somebody' where subject = $1", [letterId]);
    expect(await desk.idsOf('allocation')).toEqual([letterId]);
    await world.database.sql("update payments set purpose = 'order' where id = $1", [paymentId]);
    expect((await desk.retry(letterId)).status).toBe(202);
    await world.pass(1);
    expect(await allocated(letterId)).toBe(true);
  });

  test('a deposit that was allocated is no letter, nor one that waits for its turn', async () => {
    const [deposit] = await world.database.sql<{ id: string }>(
      "select id from deposits where allocated_at is not null and not exists (select from reviews where subject = deposits.id::text and kind = 'allocation_failed') limit 1",
    );
    expect(await desk.retry(deposit?.id)).toMatchObject({ status: 404, body: { code: 'letter_not_found' } });
  });
});

describe('the list', () => {
  test('has the three kinds, newest first, page by page, each once, and as CSV', async () => {
    const { paymentId, prompt } = await push(world);
    await world.database.sql("update payments set purpose = 'unheard_of' where id = $1", [paymentId]);
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(12);
    const mail = await deadMail(world);
    for (let n = 0; n < 3; n++) await confirm(world, `nobody reads this ${n}`); // at the same moment
    await world.clock.advance(1_000);
    const later = await deadMail(world);
    const whole = (await desk.list()).letters;
    expect(whole.map(({ kind }) => kind)).toEqual(['message', 'notice', 'notice', 'notice', 'message', 'allocation']);
    expect([whole[0]?.letterId, whole[4]?.letterId]).toEqual([later.letterId, mail.letterId]);
    for (const limit of [1, 2, 4]) {
      const paged: string[] = [];
      for (let cursor: string | null = ''; cursor !== null; ) {
        const page = await desk.list(`limit=${limit}${cursor && `&cursor=${cursor}`}`);
        paged.push(...page.letters.map(({ letterId }) => letterId));
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(whole.map(({ letterId }) => letterId));
    }
    const csv = await world.send('GET', '/api/dead-letters?format=csv&limit=2', { headers: treasurer });
    expect(csv.headers.get('x-next-cursor')).toMatch(/\w+/);
    const lines = (await csv.text()).trim().split('\n');
    expect([lines.length, lines[0]]).toEqual([3, 'letterId,kind,at,what,reason,tries,about,mustStay']);
  });

  test('costs one round trip beside the session', async () => {
    await desk.list();
    await world.database.resetRoundTrips();
    await desk.list();
    expect(await world.database.roundTrips()).toBe(2);
  });
});
