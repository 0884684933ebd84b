import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey } from '#people/auth/api-keys.ts';
import { standing } from '../loans/repaying.ts';
import { deposits, payBill, register } from '../paybill/paybill.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { sessionOf } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

test.each(['loan', 'savings'])(
  "money whose owner nobody knows is not matched to one's own %s by a key that one has made either",
  async (to) => {
    const member = await makeMember(world);
    await world.database.sql("update people set role = 'admin' where id = $1", [member.personId]);
    const loan = await makeLoan(world, { member });
    await payBill(world, { account: 'NOBODY', amountShillings: 700 });
    const waiting = (await deposits(world)).at(0);
    const { token } = await createApiKey(world.app.db, {
      name: 'mine',
      scopes: ['deposits:match'],
      createdBy: `person:${member.personId}`,
      now: world.clock.now(),
    });
    const match = (headers: Record<string, string>) =>
      world.send('POST', `/api/deposits/${waiting?.depositId}/match`, {
        body: { standingReference: to === 'loan' ? loan.reference : member.savingsReference },
        headers,
      });
    expect((await match(await sessionOf(world, member.phone))).status).toBe(403);
    expect((await match({ authorization: `Bearer ${token}` })).status).toBe(403);
    await world.database.sql('update api_keys set created_by = null');
    expect((await match({ authorization: `Bearer ${token}` })).status).toBe(403); // nobody knows whose it is
    expect(await standing(world, loan)).toMatchObject({ principal: 5000, saved: 0 });
  },
);
