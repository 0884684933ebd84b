import { customerName, customerParty } from './customer-name.ts';
import type { Network } from './network.ts';
import type { ResultPlan } from './result-plan.ts';
import type { Transaction } from './state.ts';

type Moved = Pick<Transaction, 'kind' | 'phone' | 'organisation' | 'shortcode'>;
type Parties = { debit: string | null; credit: string | null };

/** Who paid whom, as a status answer writes it, or as its plan lies; null: the party is not named at all. */
export function partiesOf(network: Network, moved: Moved, plan: ResultPlan): Parties {
  if (moved.kind === 'sweep') return { debit: usOf(network, moved), credit: usOf(network, moved) };
  const [debit, credit] = isIn(moved) ? [otherOf(network, moved), usOf(network, moved)] : [usOf(network, moved), otherOf(network, moved)];
  return {
    debit: lieOf(network, moved, plan.debitParty) ?? debit,
    credit: lieOf(network, moved, plan.creditParty) ?? credit,
    ...absent(plan),
  };
}

/** Whether we were paid. */
export const isIn = ({ kind }: Pick<Transaction, 'kind'>): boolean =>
  kind === 'stk' || kind === 'c2b' || kind === 'organisation' || kind === 'top-up';

const usOf = ({ merchant }: Network, { shortcode }: Moved) => `${shortcode} - ${merchant.businessName}`;

function otherOf({ arranged }: Network, { organisation, phone }: Moved): string {
  if (organisation) return `${organisation.shortcode} - ${organisation.name}`;
  if (phone === '') return '';
  return arranged.switches.statusPhone === 'whole' ? customerParty(phone) : customerParty(phone).replace(phone, masked(phone));
}

const masked = (phone: string) => `${phone.slice(0, 4)} ***** ${phone.slice(-3)}`;

const absent = ({ debitParty, creditParty }: ResultPlan): Partial<Parties> => ({
  ...(debitParty === 'absent' && { debit: null }),
  ...(creditParty === 'absent' && { credit: null }),
});

/** A party in a form that names no short code of ours, or the wrong one. */
function lieOf(network: Network, moved: Moved, lie: ResultPlan['creditParty']): string | null {
  if (lie === undefined || lie === 'true' || lie === 'absent') return null;
  if (typeof lie === 'object') return lie.text;
  const phone = moved.phone || '254722000099';
  const { first, last } = customerName(phone);
  return {
    phone,
    'masked-phone': masked(phone),
    name: `${first} ${last}`,
    'nine-digits': phone.slice(3),
    agent: 'Agent 600999',
    ourselves: usOf(network, moved),
  }[lie];
}
