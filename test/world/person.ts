import { eq } from 'drizzle-orm';
import { lookupHash } from '#ground/db/encryption.ts';
import { makeSession } from '#people/auth/session.ts';
import { addPerson } from '#people/people/manage-people.ts';
import { people } from '#people/people/people.schema.ts';
import { newPhone } from './checkout.ts';
import type { World } from './world.ts';

/** The header of a person of this role who has signed in with a phone of their own. */
export async function signedIn(world: World, role: 'member' | 'treasurer' | 'admin'): Promise<{ authorization: string }> {
  const phone = newPhone();
  const now = world.clock.now();
  const { id } = await addPerson(world.app.db, { phone, name: `A ${role}`, email: undefined, role }, { actor: 'test', now });
  await world.app.db.update(people).set({ phoneVerifiedAt: now }).where(eq(people.id, id));
  return sessionOf(world, phone);
}

/** The header of whoever has this phone, as if they had signed in now. */
export const sessionOf = (world: World, phone: string): Promise<{ authorization: string }> => sessionOfHash(world, lookupHash(phone));

/** The same, by the hash of the phone. */
export async function sessionOfHash(world: World, phoneHash: string): Promise<{ authorization: string }> {
  const { sessionSecret, site } = world.app.config;
  const { token } = await makeSession(
    { secret: sessionSecret, site: site.url },
    { phoneHash, maskedPhone: '07•• ••• •••' },
    world.clock.now(),
  );
  return { authorization: `Bearer ${token}` };
}
