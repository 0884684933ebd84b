import { type Signed, signIn } from '../world/people.ts';
import type { World } from '../world/world.ts';

let nextId = 21_000_000;

/** A national id that nobody in this test file has. */
export const newNationalId = (): string => String(nextId++);

/** What a newcomer says of themselves. */
export const aboutHim = (phoneNumber: string, changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  ...{ phoneNumber, name: 'Njeri Kamau', nationalId: newNationalId(), bornOn: '1991-03-14', kraPin: 'A012345678Z' },
  ...{ email: 'njeri@example.org', address: 'P.O. Box 41, Nyeri', language: 'en' },
  nextOfKin: { name: 'Kamau Mwangi', phone: '0722 000 111', relationship: 'father' },
  ...changes,
});

export type Joined = { memberId: string; number: string; savings: { accountId: string; reference: string } };

/** Asks to join through the real function. */
export const join = (
  world: World,
  person: Signed,
  changes: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Promise<Response> =>
  world.send('POST', '/api/members', { body: aboutHim(person.phone, changes), headers: { ...person.headers, ...headers } });

/** A member who has signed in and joined through the real functions. */
export async function joined(world: World, changes: Record<string, unknown> = {}): Promise<Signed & Joined> {
  const person = await signIn(world);
  const response = await join(world, person, changes);
  if (response.status !== 201) throw new Error(`Joining answered ${response.status}: ${await response.text()}`);
  return { ...person, ...((await response.json()) as Joined) };
}

/** Asks as this person, and reads what is answered. */
export async function ask(world: World, method: string, path: string, { headers }: Pick<Signed, 'headers'>, body?: unknown) {
  const response = await world.send(method, path, { headers, ...(body !== undefined && { body }) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
