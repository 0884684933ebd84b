import { isIPv4, isIPv6 } from 'node:net';
import { lookupHash } from '../db/encryption.ts';

/**
 * The network of a client address, for limits. An IPv4 address, also one inside an IPv6 address, is its own network. Any other IPv6 address counts as its /64,
 * since whoever has one address of a /64 has them all.
 */
export function networkOf(address: string): string {
  const [bare = ''] = address.trim().split('%'); // without the zone, which names an interface of ours
  if (isIPv4(bare) || !isIPv6(bare)) return bare;
  const groups = groupsOf(new URL(`http://[${bare}]`).hostname.slice(1, -1)); // URL gives the one canonical spelling
  const [high = 0, low = 0] = groups.slice(6);
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}

function groupsOf(compressed: string): number[] {
  const [front = '', back = ''] = compressed.split('::').map((part) => part.split(':').filter(Boolean)) as [string[]?, string[]?];
  const [head, tail] = [[...front], [...back]];
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => Number.parseInt(group, 16));
}

/** A keyed hash of a network, for counters and sign-in codes. */
export const networkHash = (address: string): string => lookupHash(networkOf(address));
