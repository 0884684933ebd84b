import { expect, test } from 'vitest';
import { addPerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { askForCode, tryCode } from '../world/people.ts';
import { startWorld } from '../world/world.ts';

test('a cap holds for all codes of one day together, and its last fifth is kept for people of ours', async () => {
  const small = await startWorld({ environment: { CODES_PER_DAY: '5' } });
  try {
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await askForCode(small, newPhone())).status));
    expect(statuses.filter((status) => status === 202)).toHaveLength(4);
    expect(small.smsInbox.messages()).toHaveLength(4);
  } finally {
    await small.stop();
  }
});

test('where SMS are off the code goes by e-mail to people who have one, and to nobody else', async () => {
  const quiet = await startWorld({ environment: { SMS_PROVIDER: 'none' } });
  try {
    const phone = newPhone();
    const person = { phone, name: 'Wanjiru', email: 'wanjiru@example.com', role: 'admin' as const };
    await addPerson(quiet.app.db, person, { actor: 'test', now: quiet.clock.now() });
    const answers = [await askForCode(quiet, phone), await askForCode(quiet, newPhone())];
    expect(await answers[0]?.json()).toEqual(await answers[1]?.json());
    expect(quiet.inbox.messages()).toMatchObject([{ to: [{ email: 'wanjiru@example.com' }] }]);
    const code = /\d{6}/.exec(quiet.inbox.messages()[0]?.text ?? '')?.[0] ?? '';
    const entered = await tryCode(quiet, phone, code);
    expect(entered.status).toBe(200);

    const { token } = (await entered.json()) as { token: string };
    const body = { phoneNumber: phone, name: 'Wanjiru', nationalId: '21000001', bornOn: '1990-01-01', email: 'thief@example.com' };
    const headers = { authorization: `Bearer ${token}` };
    expect((await quiet.send('POST', '/api/members', { body, headers })).status).toBe(201);
    // a code by e-mail proves no phone
    expect(await quiet.database.sql('select phone_verified_at from people')).toEqual([{ phone_verified_at: null }]);
    // nor does who has their session for an hour take their e-mail for good
    const change = (changes: unknown) => quiet.send('POST', '/api/members/me', { body: changes, headers });
    for (const email of ['thief@example.com', null]) expect((await change({ email })).status).toBe(403);
    expect((await change({ address: 'Nyeri' })).status).toBe(200);
    await askForCode(quiet, phone);
    expect(quiet.inbox.messages().map(({ to }) => to[0]?.email)).toEqual(['wanjiru@example.com', 'wanjiru@example.com']);
  } finally {
    await quiet.stop();
  }
});
