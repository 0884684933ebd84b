import { BlockList, isIPv4 } from 'node:net';

/** IPv4 that is no host on the internet: this network, private, shared by carriers, loopback, link-local, reserved, for documents and measurements, multicast. */
const NOT_PUBLIC = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24'],
  ...['192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
];

/** Of IPv6 only what is given out for the internet is public: neither mapped nor translated IPv4, private, link-local nor multicast addresses are in it. */
const GLOBAL_6 = ['2000::/3'];

/** What is set apart there: protocols (Teredo among them), documents, and 6to4, which holds an IPv4 address of any kind. */
const NOT_PUBLIC_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const LOOPBACK = ['127.0.0.0/8'];
const LOOPBACK_6 = ['::1/128'];

const listOf = (ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList => {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), family);
  }
  return list;
};

const notPublic = listOf(NOT_PUBLIC, 'ipv4');
const global6 = listOf(GLOBAL_6, 'ipv6');
const notPublic6 = listOf(NOT_PUBLIC_6, 'ipv6');
const loopback = listOf(LOOPBACK, 'ipv4');
const loopback6 = listOf(LOOPBACK_6, 'ipv6');

/** Whether an IP address is one of a host on the internet. */
export const isPublic = (address: string): boolean =>
  isIPv4(address) ? !notPublic.check(address, 'ipv4') : global6.check(address, 'ipv6') && !notPublic6.check(address, 'ipv6');

/** Whether an IP address is this machine's own loopback. */
export const isLoopback = (address: string): boolean =>
  isIPv4(address) ? loopback.check(address, 'ipv4') : loopback6.check(address, 'ipv6');
