import type { Caller } from '#ground/call.ts';

/** Whether a caller may see who a person is by name. */
const seesNames = ({ scopes }: Pick<Caller, 'scopes'>): boolean => scopes.includes('members:read');

/**
 * Who did something: a person or an API key by its id, a visitor, a customer (without the hash of their phone), or what did it by itself. The name of a
 * person is for those who may see it.
 */
export const presentActor = (by: string, name: string | null, caller: Pick<Caller, 'scopes'>) => ({
  by: withoutHash(by),
  name: seesNames(caller) ? name : null,
});

/** Who or what, as the trail has it, without the hash of a phone and without what `public` means. */
export const withoutHash = (by: string): string => (by === 'public' ? 'visitor' : by.startsWith('phone:') ? 'customer' : by);
