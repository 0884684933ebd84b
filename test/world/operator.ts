import { createApiKey } from '../../src/auth/create-api-key.ts';
import type { Scope } from '../../src/auth/rights.ts';
import type { World } from './world.ts';

/** The header of an API key made for this test. */
export async function operator(world: World, ...scopes: Scope[]): Promise<{ authorization: string }> {
  const { token } = await createApiKey(world.app.db, { name: 'operator', scopes, now: world.clock.now() });
  return { authorization: `Bearer ${token}` };
}
