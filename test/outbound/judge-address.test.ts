import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { checkAddress } from '#ground/outbound/check-address.ts';
import { isPublic } from '#ground/outbound/judge-address.ts';

const RULES = { allowsLoopback: false, ownHost: 'duka.co.ke' };
const LOCAL = { ...RULES, allowsLoopback: true };
const answering =
  (...addresses: string[]) =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
const reasonOf = (address: string, rules = RULES, ...resolved: string[]) =>
  checkAddress(rules, new URL(address), answering(...resolved)).then(
    () => 'allowed',
    (error) => error.reason,
  );

const NOT_PUBLIC = [
  ...['0.0.0.0', '0.1.2.3', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.8.8.8', '169.254.169.254'],
  ...['172.16.0.1', '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.1.1', '198.18.0.1', '198.19.255.255'],
  ...['198.51.100.7', '203.0.113.7', '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255'],
  ...['::', '::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:8.8.8.8', '::127.0.0.1', '64:ff9b::10.0.0.1', '64:ff9b:1::1', '100::1'],
  ...['2001::1', '2001:db8::1', '2002:7f00:1::1', '2002:a00:1::1', '3fff::1', '5f00::1', 'fc00::1', 'fd12:3456::1', 'fe80::1', 'fec0::1'],
  ...['ff02::1', 'ff0e::1'],
];
const PUBLIC = [
  ...['8.8.8.8', '1.1.1.1', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '169.253.255.255', '169.255.0.0'],
  ...['196.201.212.69', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::1', '2c0f:fe38::1', '2001:4860:4860::8888'],
];

describe('an address that is no host on the internet', () => {
  test.each(NOT_PUBLIC)('%s is refused, written so and as the answer of a name', async (address) => {
    expect(isPublic(address)).toBe(false);
    const host = address.includes(':') ? `[${address}]` : address;
    expect(await reasonOf(`https://${host}/`)).toBe('address_refused');
    expect(await reasonOf('https://hook.example/', RULES, address)).toBe('address_refused');
    expect(await reasonOf('https://hook.example/', RULES, '8.8.8.8', address)).toBe('address_refused');
    expect(await reasonOf('https://hook.example/', RULES, address, '2606:4700::1111')).toBe('address_refused');
  });

  test.each(PUBLIC)('%s is one, and allowed', async (address) => {
    expect(isPublic(address)).toBe(true);
    expect(await reasonOf('https://hook.example/', RULES, address)).toBe('allowed');
  });

  test.each([
    ...[
      '2130706433',
      '0x7f000001',
      '0x7f.1',
      '0177.0.0.1',
      '127.1',
      '017700000001',
      '0',
      '0x0a000001',
      '167772161',
      '2852039166',
      '127.0.0.1.',
    ],
    ...['[::ffff:7f00:1]', '[0:0:0:0:0:ffff:127.0.0.1]', '[::]', '%31%32%37.0.0.1', '１２７.0.0.1', '127。0。0。1'],
  ])('https://%s/ is read as the address that it means, and refused', async (host) => {
    expect(await reasonOf(`https://${host}/`)).toBe('address_refused');
  });
});

describe('what is refused before anything is asked', () => {
  test.each([
    ['http://hook.example/', 'no https'],
    ['ftp://hook.example/', 'no https'],
    ['file:///etc/passwd', 'no https'],
    ['https://user@hook.example/', 'a user name'],
    ['https://:secret@hook.example/', 'a password'],
    ['https://duka.co.ke/api/callbacks', 'our own site'],
    ['https://DUKA.co.ke./', 'our own site, written otherwise'],
  ])('%s: %s', async (address) => {
    const never = () => Promise.reject(new Error('asked'));
    await expect(checkAddress(RULES, new URL(address), never)).rejects.toMatchObject({ reason: 'address_refused' });
  });

  test('a name without an address is not reached, which may pass', async () => {
    expect(await reasonOf('https://hook.example/')).toBe('not_reached');
    await expect(checkAddress(RULES, new URL('https://hook.invalid/'))).rejects.toMatchObject({ reason: 'not_reached' });
  });
});

test('an address that this machine has itself is refused, public as it is', async () => {
  const own = { address: '8.8.4.4', netmask: '', family: 'IPv4', mac: '', internal: false, cidr: null } as const;
  vi.spyOn(os, 'networkInterfaces').mockReturnValue({ eth0: [own] });
  syncBuiltinESMExports();
  expect(await reasonOf('https://hook.example/', RULES, '8.8.4.4')).toBe('address_refused');
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  expect(await reasonOf('https://hook.example/', RULES, '8.8.4.4')).toBe('allowed');
});

describe('loopback', () => {
  test.each(['http://127.0.0.1:4020/', 'http://[::1]:4020/', 'https://127.0.0.1/'])(
    '%s is allowed in the local world only',
    async (address) => {
      expect(await reasonOf(address, LOCAL)).toBe('allowed');
      expect(await reasonOf(address)).toBe('address_refused');
    },
  );

  test.each(['http://10.0.0.1/', 'https://10.0.0.1/', 'https://0.0.0.0/', 'https://[::ffff:127.0.0.1]/', 'http://8.8.8.8/'])(
    '%s is refused there too',
    async (address) => {
      expect(await reasonOf(address, LOCAL)).toBe('address_refused');
    },
  );

  test('a name that answers with loopback and something private is refused', async () => {
    expect(await reasonOf('http://hook.example/', LOCAL, '127.0.0.1')).toBe('allowed');
    expect(await reasonOf('http://hook.example/', LOCAL, '127.0.0.1', '10.0.0.1')).toBe('address_refused');
    expect(await reasonOf('http://hook.example/', LOCAL, '127.0.0.1', '8.8.8.8')).toBe('address_refused');
  });
});
