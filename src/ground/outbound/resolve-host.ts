import { Resolver } from 'node:dns/promises';

/** An IP address of a host. */
export type Address = { address: string; family: number };

/** All addresses of a host name. */
export type Resolve = (host: string) => Promise<Address[]>;

/** How long a name server may take, and how often it is asked. */
const TIMEOUT_MS = 1_500;
const TRIES = 2;

/** Names of this machine, which no name server is asked for. */
const LOCAL = /^(.+\.)?localhost$/i;
const LOOPBACK: Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

/**
 * Asks the name servers (by default the machine's own) for a host's addresses, IPv4 first. Never by `dns.lookup`: that holds one of the process's four threads for as long as a
 * name server is silent, and whatever else needs one (files, encryption) waits behind names that strangers chose.
 */
export const resolveBy =
  (servers?: readonly string[]): Resolve =>
  async (host) => {
    if (LOCAL.test(host)) return LOOPBACK;
    const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: TRIES });
    if (servers) resolver.setServers(servers);
    const [four, six] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)]);
    return [...addressesOf(four, 4), ...addressesOf(six, 6)];
  };

const addressesOf = (answer: PromiseSettledResult<string[]>, family: number): Address[] =>
  answer.status === 'fulfilled' ? answer.value.map((address) => ({ address, family })) : [];
