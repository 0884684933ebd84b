import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import { isLoopback, isPublic } from './judge-address.ts';
import { OutboundError } from './outbound-error.ts';
import { type Address, type Resolve, resolveBy } from './resolve-host.ts';

/** Where requests may go: `allowsLoopback` is for the local world, `ownHost` is our own site, which is never called this way. */
export type OutboundRules = { allowsLoopback: boolean; ownHost: string };

/** An IP address that may be dialled. */
export type CheckedAddress = Address;

/**
 * The addresses behind a URL, resolved once, each of them checked: dial these and no others, since the next answer of the same name may differ. One that is not allowed
 * spoils all. Throws `OutboundError`.
 */
export async function checkAddress(rules: OutboundRules, url: URL, resolve: Resolve = resolveBy()): Promise<CheckedAddress[]> {
  refuseSpelling(rules, url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [{ address: host, family: isIP(host) }] : await resolveOnce(host, resolve);
  for (const { address } of addresses) refuseAddress(rules, url, address);
  return addresses;
}

/** What is refused before anything is asked. URL has already turned `2130706433`, `0x7f.1` and the like into the address that they mean. */
function refuseSpelling({ allowsLoopback, ownHost }: OutboundRules, url: URL): void {
  if (url.protocol !== 'https:' && !(allowsLoopback && url.protocol === 'http:')) throw refused('It is no https address.');
  if (url.username || url.password) throw refused('It holds a user name or a password.');
  if (url.host.replace(/\.(?=$|:)/, '') === ownHost) throw refused('It is the address of this site itself.');
}

function refuseAddress({ allowsLoopback }: OutboundRules, url: URL, address: string): void {
  if (allowsLoopback && isLoopback(address)) return;
  if (url.protocol !== 'https:') throw refused('It is no https address.');
  if (!isPublic(address) || isOurs(address)) throw refused('It leads to a private or reserved network address.');
}

const isOurs = (address: string): boolean =>
  Object.values(networkInterfaces()).some((own) => own?.some((each) => each.address === address));

async function resolveOnce(host: string, resolve: Resolve): Promise<CheckedAddress[]> {
  const addresses = await resolve(host).catch(() => []);
  if (addresses.length === 0) throw new OutboundError('not_reached', 'Its host name has no address.');
  return addresses;
}

const refused = (why: string) => new OutboundError('address_refused', why);
