import type { Anonymised } from '#desk/person/anonymise-person.ts';

const KEPT = [
  'amounts, days, M-PESA codes, invoices with their numbers and lines, and the ledger: for good; company law asks for 7 years, tax law for 5',
  'the audit trail, which holds ids and no names: for good',
  'what Safaricom reported, sealed: 7 years each (RETAIN_RECORDS_YEARS), as evidence of the accounts. Run this again then',
  'original statements of M-PESA, sealed, with the lines of everybody: accounting records',
];

/** What was removed, or would be; what stays, and because of which law until when. */
export function describeAnonymised({ handle, removed, keptUntil, again }: Anonymised, forGood: boolean): string {
  const kept =
    keptUntil === undefined
      ? KEPT
      : [
          ...KEPT,
          `who they were (name, national id, day of birth, KRA PIN) and the file of their loans: until ${keptUntil}, by the law on money laundering and company law. Run this again then`,
        ];
  return [
    forGood ? `${handle} is anonymised${again ? ', once more' : ''}. Removed:` : `This would be removed of ${handle}; nothing was changed:`,
    ...removed.map(({ title, columns, rows }) => `  ${title}: ${columns.join(', ')} (${rows.toLocaleString('en')})`),
    ...(removed.length === 0 ? ['  nothing was left'] : []),
    'Stays:',
    ...kept.map((each) => `  ${each}`),
    forGood && handle.startsWith('other:')
      ? 'Backups from before still name them: there they are found by their phone.'
      : forGood
        ? `Backups from before still name them. Keep this line with the backups: npm run anonymise-person -- --${handle.replace(':', ' ')} --reason "..." --by "..." --yes`
        : 'Add --yes to do it. It cannot be undone.',
  ].join('\n');
}
