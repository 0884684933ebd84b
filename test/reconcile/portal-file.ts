import { HEADER, type Row, toCsv } from '../statements/sample-statement.ts';

/** A line of the portal's export; `out` leaves the account. */
export type Line = {
  receipt: string;
  at: Date;
  shillings: number;
  out?: boolean;
  details?: string;
  reason?: string;
  party?: string;
  linked?: string;
  account?: string;
};

const HOUR = 3_600_000;
const nairobi = (at: Date) => new Date(at.getTime() + 3 * HOUR).toISOString();
/** A day as the portal writes it. */
const written = (at: Date): string => nairobi(at).slice(0, 10).split('-').toReversed().join('-');
const stamp = (at: Date) => `${written(at)} ${nairobi(at).slice(11, 19)}`;

const PARTY = '2547****126 - JANE **** DOE';
/** A payment as a customer makes it. */
export const paid = (receipt: string, at: Date, shillings: number, typed: string, party = PARTY): Line => ({
  ...{ receipt, at, shillings, party, account: typed, details: `Pay Bill Online from ${party} Acc. ${typed}`, reason: 'Pay Bill Online' },
});
/** What somebody gave back in the portal. */
export const reversed = (receipt: string, at: Date, shillings: number, linked: string, party = PARTY): Line => ({
  ...{ receipt, at, shillings, out: true, linked, party, details: `Pay Utility Reversal to ${party}`, reason: 'Pay Utility Reversal' },
});

/** The rows of an export, given oldest first, on top of an opening balance. */
export function portalRows(shortcode: string, from: Date, to: Date, opening: number, lines: Line[], account = 'Utility Account'): Row[] {
  let balance = opening;
  const rows = lines.map(
    ({ receipt, at, shillings, out = false, details = '', reason = '', party = '', linked = '', account: typed = '' }): Row => {
      balance += out ? -shillings : shillings;
      return [
        receipt,
        stamp(at),
        stamp(at),
        details,
        'Completed',
        out ? '' : shillings,
        out ? -shillings : '',
        balance,
        'true',
        reason,
        party,
        linked,
        typed && ` ${typed}`,
        'KES',
      ];
    },
  );
  const sum = (ofOut: boolean) => lines.reduce((all, { out = false, shillings }) => (out === ofOut ? all + shillings : all), 0);
  return [
    ['Account Holder:', 'MFANO TRADERS LIMITED'],
    ['Short Code:', shortcode],
    ['Account:', account],
    ['Time Period:', 'From', `${written(from)} 00:00:00`, 'To', `${written(to)} 23:59:59`],
    ['Operator:', 'tester1', 'Organization:', 'MFANO TRADERS LIMITED', 'Date of Report:', `${written(to)} 23:59:59`],
    [
      'Opening Balance:',
      opening,
      'Closing Balance:',
      balance,
      'Available Balance:',
      '',
      'Total Paid In:',
      sum(false),
      'Total Withdrawn:',
      -sum(true),
    ],
    HEADER,
    ...rows.toReversed(),
  ];
}

export const portalFile = (...of: Parameters<typeof portalRows>): Buffer => toCsv(portalRows(...of));

/** The newer layout of the same lines, which names neither parties nor the payment that was given back, and what the portal calls the file of a day. */
export function plainFile(shortcode: string, on: Date, opening: number, lines: Line[]): { bytes: Buffer; name: string } {
  let balance = opening;
  const rows = lines.map(({ receipt, at, shillings, out = false, details = '' }): Row => {
    balance += out ? -shillings : shillings;
    return [receipt, stamp(at).replaceAll('-', '/'), details, 'Completed', out ? 0 : shillings, out ? shillings : 0, balance];
  });
  const header = ['Receipt No', 'Completion Time', 'Details', 'Transaction Status', 'Paid In (KSHs)', 'Withdrawn (KSHs)', 'Balance (KSHs)'];
  const day = nairobi(on).slice(0, 10);
  return { bytes: toCsv([header, ...rows.toReversed()]), name: `Statements for ${shortcode} from ${day} to ${day}.csv` };
}
