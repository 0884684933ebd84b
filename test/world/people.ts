import { lookupHash } from '#ground/db/encryption.ts';
import { addPerson, type NewPerson } from '#people/people/manage-people.ts';
import { newPhone } from './checkout.ts';
import type { World } from './world.ts';

export type Signed = { phone: string; token: string; headers: { authorization: string }; cookie: string; role: string };

let nextAddress = 0;
const newAddress = () => `192.0.2.${nextAddress++ % 256}`;

const homes = new Map<string, string>();

/** The address that the owner of a phone asks from, and tries codes from. */
function homeOf(phone: string): string {
  const line = phone.replace(/\D/g, '').slice(-9);
  const home = homes.get(line) ?? newAddress();
  homes.set(line, home);
  return home;
}

/** Asks for a code through the real function, from the phone's home. */
export const askForCode = (
  world: World,
  phoneNumber: string,
  more: Record<string, unknown> = {},
  ip = homeOf(phoneNumber),
): Promise<Response> => world.send('POST', '/api/sign-in/code', { body: { phoneNumber, ...more }, ip });

/** The newest code that came to a phone by SMS. */
export function codeSentTo(world: World, phone: string): string {
  const sent = world.smsInbox.messages().filter(({ to }) => to === phone);
  const code = sent.map(({ text }) => /^\d{6}\b/.exec(text)?.[0]).findLast((found) => found !== undefined);
  if (!code) throw new Error('No code was sent to that phone.');
  return code;
}

/** Tries a code through the real function, from the phone's home. */
export const tryCode = (world: World, phoneNumber: string, code: string, ip = homeOf(phoneNumber)): Promise<Response> =>
  world.send('POST', '/api/sign-in', { body: { phoneNumber, code }, ip });

/** Signs a phone in as its owner would: a customer, or the person who was added with it. */
export async function signIn(world: World, phone = newPhone()): Promise<Signed> {
  await askForCode(world, phone);
  const response = await tryCode(world, phone, codeSentTo(world, phone));
  if (response.status !== 200) throw new Error(`Signing in answered ${response.status}: ${await response.text()}`);
  const { token, role } = (await response.json()) as { token: string; role: string };
  const cookie = (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  return { phone, token, headers: { authorization: `Bearer ${token}` }, cookie, role };
}

/** Adds a person of ours with this role and signs them in. */
export async function signInAs(world: World, role: NewPerson['role'], phone = newPhone()): Promise<Signed> {
  await addPerson(world.app.db, { phone, name: `A ${role}`, email: undefined, role }, { actor: 'test', now: world.clock.now() });
  return signIn(world, phone);
}

/** What is stored for a phone's code. */
export async function storedCode(
  world: World,
  phone: string,
): Promise<{ tries: number; code_hash: string; used_at: Date | null } | undefined> {
  const [row] = await world.database.sql<{ tries: number; code_hash: string; used_at: Date | null }>(
    'select tries, code_hash, used_at from codes_sent where phone_hash = $1',
    [lookupHash(phone)],
  );
  return row;
}
