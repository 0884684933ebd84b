import { nairobiParts } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { Entry } from './state.ts';
import { type AccountStatement, type StatementLine, statementOf } from './statement-lines.ts';
import { accountName, OPERATOR, wordsOf } from './statement-words.ts';

/** A cell: a number is an amount with two decimals. */
export type Cell = string | number;
type Frame = { shortcode: string; account: Entry['account']; from: Date; to: Date; reportedAt: Date };

const two = (n: number) => String(n).padStart(2, '0');
const dayOf = (moment: Date, between: string) => {
  const { year, month, day } = nairobiParts(moment);
  return [two(day), two(month), year].join(between);
};
const momentOf = (moment: Date, between: string) => {
  const { hour, minute, second } = nairobiParts(moment);
  return `${dayOf(moment, between)} ${two(hour)}:${two(minute)}:${two(second)}`;
};

const COLUMNS = [
  ...['Receipt No.', 'Completion Time', 'Initiation Time', 'Details', 'Transaction Status', 'Paid In', 'Withdrawn', 'Balance'],
  ...['Balance Confirmed', 'Reason Type', 'Other Party Info', 'Linked Transaction ID', 'A/C No.', 'Currency'],
];

/** The portal's export: a preamble, then the newest line first. V1a is the older one without Currency. */
export function portalCells(network: Network, frame: Frame, statement: AccountStatement, layout: 'V1' | 'V1a'): Cell[][] {
  const { shortcode, account, from, to, reportedAt } = frame;
  const name = network.merchant.businessName;
  const { openingShillings, closingShillings, paidInShillings, withdrawnShillings } = statement;
  const rows = [...statement.lines].reverse().map((line) => portalRow(network, line, layout));
  const cut = (row: Cell[]) => (layout === 'V1' ? row : row.slice(0, -1));
  return [
    ['Account Holder:', name],
    ['Short Code:', shortcode],
    ['Account:', accountName(network, shortcode, account)],
    ['Time Period:', 'From', `${dayOf(from, '-')} 00:00:00`, 'To', `${dayOf(to, '-')} 23:59:59`],
    ['Operator:', OPERATOR, 'Organization:', name, 'Date of Report:', momentOf(reportedAt, '-')],
    [
      ...['Opening Balance:', openingShillings, 'Closing Balance:', closingShillings, 'Available Balance:', ''],
      ...['Total Paid In:', paidInShillings, 'Total Withdrawn:', withdrawnShillings],
    ],
    cut(COLUMNS),
    ...rows.map(cut),
  ];
}

function portalRow(network: Network, line: StatementLine, layout: 'V1' | 'V1a'): Cell[] {
  const { receipt, at, amountShillings, balanceShillings } = line.entry;
  const { details, reason, party, linked, account } = wordsOf(network, line, 'portal');
  const completed = momentOf(new Date(at), '-');
  const initiated = momentOf(new Date(network.state.conversations[line.moved.conversationId]?.requestedAt ?? at), '-');
  const sides = amountShillings > 0 ? [amountShillings, ''] : ['', amountShillings];
  const confirmed = layout === 'V1' ? 'true' : 'TRUE';
  // With a leading space, as in every row of a real export.
  const reference = account === '' ? '' : ` ${account}`;
  return [
    receipt,
    completed,
    initiated,
    details,
    'Completed',
    ...sides,
    balanceShillings,
    confirmed,
    reason,
    party,
    linked,
    reference,
    'KES',
  ];
}

const SHORT_COLUMNS = [
  ...['Receipt No', 'Completion Time', 'Details', 'Transaction Status'],
  ...['Paid In (KSHs)', 'Withdrawn (KSHs)', 'Balance (KSHs)'],
];

/** The newer export without a preamble, of all accounts at once: each internal leg is a pair on one receipt. */
export function shortCells(network: Network, shortcode: string, from: Date, until: Date): Cell[][] {
  const lines = (['utility', 'settlement'] as const).flatMap((account) => statementOf(network, shortcode, account, from, until).lines);
  const order = new Map(network.state.entries.map((entry, index) => [entry, index]));
  lines.sort((a, b) => (order.get(a.entry) ?? 0) - (order.get(b.entry) ?? 0));
  const rows = [...lines].reverse().map((line): Cell[] => {
    const { receipt, at, amountShillings, balanceShillings } = line.entry;
    const sides = amountShillings > 0 ? [amountShillings, 0] : [0, amountShillings];
    const { details } = wordsOf(network, line, 'short');
    return [receipt, momentOf(new Date(at), '/'), details, 'Completed', ...sides, balanceShillings];
  });
  return [SHORT_COLUMNS, ...rows];
}
