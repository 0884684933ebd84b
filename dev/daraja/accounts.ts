import type { Network } from './network.ts';
import type { Accounts } from './state.ts';

/** Whether this number is one of the merchant's tills. */
export const isTill = ({ merchant }: Network, number: string): boolean =>
  number === merchant.tillNumber || merchant.otherTills.includes(number);

/** Whether this short code or till is the merchant's. */
export const isMerchants = (network: Network, shortcode: string): boolean => {
  const { merchant } = network;
  return (
    shortcode === merchant.shortcode ||
    shortcode === merchant.b2cShortcode ||
    merchant.otherShortcodes.includes(shortcode) ||
    isTill(network, shortcode)
  );
};

/** The short code whose accounts receive a number's money. If so switched, the first till's store is the short code that collects. */
export const outletOf = ({ merchant, arranged }: Network, number: string): string =>
  number === merchant.tillNumber && arranged.switches.tillShortcode === 'store' ? merchant.shortcode : number;

/** The accounts of a short code. */
export function accountsOf(network: Network, shortcode: string): Accounts {
  const { merchant, state } = network;
  const owner = outletOf(network, shortcode);
  const paysOnly = owner === merchant.b2cShortcode && owner !== merchant.shortcode;
  state.accounts[owner] ??= {
    workingShillings: 0,
    utilityShillings: paysOnly ? merchant.b2cFloatShillings : 0,
    chargesShillings: 0,
    settlementShillings: 0,
  };
  return state.accounts[owner];
}

/** What the account that receives payments is called: a till's Merchant Account, a paybill's Utility Account. */
export function receivingAccount(network: Network, shortcode: string): 'Merchant Account' | 'Utility Account' {
  const owner = outletOf(network, shortcode);
  const merchants =
    isTill(network, owner) || (owner === network.merchant.shortcode && network.arranged.switches.storeAccount === 'merchant');
  return merchants ? 'Merchant Account' : 'Utility Account';
}

/** "Working Account|KES|700.00|700.00|0.00|0.00&...": name, currency, current, available, reserved, uncleared. */
export function accountsText(network: Network, shortcode: string): string {
  const { workingShillings, utilityShillings, chargesShillings, settlementShillings } = accountsOf(network, shortcode);
  return [
    accountText('Working Account', workingShillings),
    accountText(receivingAccount(network, shortcode), utilityShillings),
    accountText('Charges Paid Account', chargesShillings),
    accountText('Organization Settlement Account', settlementShillings),
  ].join('&');
}

/** One account as balance and reversal results write it. */
export const accountText = (name: string, shillings: number): string =>
  `${name}|KES|${shillings.toFixed(2)}|${shillings.toFixed(2)}|0.00|0.00`;
