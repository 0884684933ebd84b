import { nairobiDay } from '#ground/time/nairobi.ts';
import type { Cell } from '../../dev/daraja/statement-layouts.ts';
import { type Hint, type Lane, movedAt, movedIn, written } from './world-of-money.ts';

/** A movement in the account of our short code, as Safaricom booked it; what leaves is below zero. `party`: the other one, as a statement writes them. */
export type AccountLine = {
  receipt: string;
  at: Date;
  shillings: number;
  details: string;
  reason: string;
  party: string;
  reference: string;
};

/** The other party of a line: a phone is never whole, and where nothing may be known of the payer there is a name alone. */
const partyOf = (phone: string, hint: Hint): string =>
  ['full', 'masked'].includes(hint) ? `${phone.slice(0, 5)}****${phone.slice(-3)} - WANJIKU **** KAMAU` : 'WANJIKU **** KAMAU';

type Received = { receipt: string; at: Date; shillings: number; phone: string; hint: Hint; reference: string; byHand: boolean };

export function receivedLine({ receipt, at, shillings, phone, hint, reference, byHand }: Received): AccountLine {
  const party = partyOf(phone, hint);
  const [verb, reason] = byHand ? ['Pay Bill', 'Pay Utility'] : ['Pay Bill Online', 'Pay Bill Online'];
  return { receipt, at, shillings, details: `${verb} from ${party} Acc. ${reference}`, reason, party, reference };
}

export function paidOutLine({ receipt, at, shillings, phone }: Pick<Received, 'receipt' | 'at' | 'shillings' | 'phone'>): AccountLine {
  const [party, reason] = [partyOf(phone, 'masked'), 'Business Payment to Customer via API'];
  return { receipt, at, shillings: -shillings, details: `${reason} to ${party}`, reason, party, reference: '' };
}

/** The lines of what really moved in a lane. */
export const linesOf = (lane: Lane): AccountLine[] =>
  movedIn(lane).map((moved) =>
    receivedLine({
      ...{ receipt: moved.receipt, at: movedAt(lane), shillings: lane.shillings, phone: moved.phone, hint: moved.hint },
      ...{ reference: written(lane, moved), byHand: moved.about === 'hand' },
    }),
  );

/** The lines that a lane's lies would be, if they were true. */
export const linesOfLies = (lane: Lane): AccountLine[] =>
  lane.plan.lies.flatMap((lie, n) =>
    lie.receipt === 'made up'
      ? receivedLine({
          ...{
            receipt: lane.lieReceipts[n] ?? '',
            at: movedAt(lane),
            shillings: lane.shillings,
            phone: lane.owed[lie.payment]?.phone ?? '',
          },
          ...{ hint: lie.hint, reference: written(lane, lie), byHand: true },
        })
      : [],
  );

const two = (n: number) => String(n).padStart(2, '0');

/** A moment as the portal writes it: `28-11-2026 23:05:00` of Nairobi. */
function momentOf(at: Date): string {
  const nairobi = new Date(at.getTime() + 3 * 3_600_000);
  const day = [two(nairobi.getUTCDate()), two(nairobi.getUTCMonth() + 1), nairobi.getUTCFullYear()].join('-');
  return `${day} ${nairobi.toISOString().slice(11, 19)}`;
}

const HEADER = [
  ...['Receipt No.', 'Completion Time', 'Initiation Time', 'Details', 'Transaction Status', 'Paid In', 'Withdrawn', 'Balance'],
  ...['Balance Confirmed', 'Reason Type', 'Other Party Info', 'Linked Transaction ID', 'A/C No.', 'Currency'],
];

export type Exported = { shortcode: string; lines: AccountLine[]; from: Date; reportedAt: Date };

/** The portal's export of the account: from the beginning of a day until the moment of the report, the newest line first. */
export function statementCells({ shortcode, lines, from, reportedAt }: Exported): Cell[][] {
  const begins = new Date(`${nairobiDay(from)}T00:00:00+03:00`);
  const known = lines.filter(({ at }) => at <= reportedAt).sort((a, b) => a.at.getTime() - b.at.getTime());
  const opening = known.reduce((sum, { at, shillings }) => (at < begins ? sum + shillings : sum), 0);
  const within = known.filter(({ at }) => at >= begins);
  let balance = opening;
  const rows = within.map(({ receipt, at, shillings, details, reason, party, reference }): Cell[] => {
    balance += shillings;
    const sides = shillings > 0 ? [shillings, ''] : ['', shillings];
    const words = [balance, 'true', reason, party, '', reference === '' ? '' : ` ${reference}`, 'KES'];
    return [receipt, momentOf(at), momentOf(at), details, 'Completed', ...sides, ...words];
  });
  const sumOf = (sign: 1 | -1) => within.reduce((sum, { shillings }) => (Math.sign(shillings) === sign ? sum + shillings : sum), 0);
  const lastDay = momentOf(reportedAt).slice(0, 10);
  return [
    ['Account Holder:', 'DUKA LA KAHAWA'],
    ['Short Code:', shortcode],
    ['Account:', 'Utility Account'],
    ['Time Period:', 'From', momentOf(begins), 'To', `${lastDay} 23:59:59`],
    ['Operator:', 'tester1', 'Organization:', 'DUKA LA KAHAWA', 'Date of Report:', momentOf(reportedAt)],
    [
      ...['Opening Balance:', opening, 'Closing Balance:', balance, 'Available Balance:', ''],
      ...['Total Paid In:', sumOf(1), 'Total Withdrawn:', sumOf(-1)],
    ],
    HEADER,
    ...rows.reverse(),
  ];
}
