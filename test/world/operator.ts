import { newId } from '#ground/db/columns.ts';
import { createApiKey } from '#people/auth/api-keys.ts';
import type { Scope } from '#people/auth/rights.ts';
import type { World } from './world.ts';

/** The header of an API key made for this test, by somebody who does nothing else in it. */
export async function operator(world: World, ...scopes: Scope[]): Promise<{ authorization: string }> {
  const { token } = await createApiKey(world.app.db, { name: 'operator', scopes, createdBy: `person:${newId()}`, now: world.clock.now() });
  return { authorization: `Bearer ${token}` };
}
