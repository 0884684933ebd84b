import { createHash } from 'node:crypto';
import { outletOf } from './accounts.ts';
import { customerName } from './customer-name.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { Registration, Transaction } from './state.ts';

/** Who paid: a customer at a paybill or till, or another business. */
type Payer = Pick<Transaction, 'phone' | 'organisation' | 'till'>;
/** What validations and confirmations say about a payment; `orgBalance` is empty before money has moved. */
export type Notice = Payer & {
  receipt: string;
  at: Date;
  amountShillings: number;
  shortcode: string;
  reference: string;
  orgBalance: string;
  thirdPartyId: string;
};

/**
 * The text of a validation or confirmation: every value is a string. A till's carries no reference, not even a prompt's, and one name at most; another
 * business's carries the business's name and no phone.
 */
export function noticeBody(network: Network, { version }: Pick<Registration, 'version'>, notice: Notice): string {
  return JSON.stringify({
    TransactionType: typeOf(network, notice),
    TransID: notice.receipt,
    TransTime: nairobiTimestamp(notice.at),
    TransAmount: notice.amountShillings.toFixed(2),
    BusinessShortCode: outletOf(network, notice.shortcode),
    BillRefNumber: notice.till === null ? notice.reference : '',
    InvoiceNumber: notice.organisation ? 'OK' : '',
    OrgAccountBalance: notice.orgBalance,
    ThirdPartyTransID: notice.thirdPartyId,
    MSISDN: phoneIn(network, version, notice),
    ...namesIn(network, notice),
  });
}

function typeOf(network: Network, { organisation, till }: Payer): string {
  if (organisation) return 'Organization To Organization Transfer';
  return till === null ? 'Pay Bill' : network.arranged.switches.tillType;
}

function phoneIn(network: Network, version: Registration['version'], { phone, till }: Payer): string {
  if (phone === '') return '';
  const { c2bPhone, tillPhone } = network.arranged.switches;
  const form = till === null ? c2bPhone : tillPhone;
  const hash = createHash('sha256').update(phone).digest('hex');
  const masked = `${phone.slice(0, 4)} ***** ${phone.slice(-3)}`;
  if (form === 'by-version') return version === 'v1' ? hash : masked;
  return { plain: phone, masked, hashed: hash, 'gapped-hash': `${hash.slice(0, 40)} ***** ${hash.slice(-8)}` }[form];
}

function namesIn(network: Network, { phone, organisation, till }: Payer): Record<string, string> {
  if (organisation) return { FirstName: organisation.name };
  const { first, middle, last } = customerName(phone);
  const form = network.arranged.switches.c2bNames;
  if (form === 'none') return {};
  return form === 'first' || till !== null ? { FirstName: first } : { FirstName: first, MiddleName: middle, LastName: last };
}
