import { createApiKey } from '../../src/auth/create-api-key.ts';
import type { Scope } from '../../src/auth/rights.ts';
import { newId } from '../../src/db/columns.ts';
import type { World } from './world.ts';

/** The header of an API key made for this test, by somebody who does nothing else in it. */
export async function operator(world: World, ...scopes: Scope[]): Promise<{ authorization: string }> {
  const { token } = await createApiKey(world.app.db, { name: 'operator', scopes, createdBy: `person:${newId()}`, now: world.clock.now() });
  return { authorization: `Bearer ${token}` };
}
