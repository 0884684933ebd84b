const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the subject of a task can be: how the documents call it, and how it is written. */
export const SUBJECTS = {
  attempt: { says: 'a prompt', shape: UUID },
  deposit: { says: 'money that came', shape: UUID },
  payment: { says: 'a payment', shape: UUID },
  recorded: { says: 'a receipt that a person has recorded', shape: UUID },
  receipt: { says: 'an M-PESA code', shape: /^[A-Z0-9]{8,20}$/ },
  payout: { says: 'a payout, or a part of one', shape: UUID },
  bulk: { says: 'a bulk payout', shape: UUID },
  booking: { says: 'a booking', shape: UUID },
  loan: { says: 'a loan', shape: UUID },
  statement: { says: 'a statement', shape: UUID },
  person: { says: 'a person', shape: UUID },
  invoice: { says: 'an invoice', shape: /^invoice:/ },
  shortcode: { says: 'a short code', shape: /^\d{5,10}($|:before)/ },
  days: { says: 'a short code and days', shape: /^\d+:.+\/.+$/ },
  notice: { says: 'a paybill notice, by its row in `evidence`', shape: UUID },
  callback: { says: 'a callback, by the hash of its text', shape: /./ },
  message: { says: 'a message, by its row in `outbox`', shape: UUID },
  limit: { says: 'a limit and a day', shape: /./ },
  reason: { says: "Safaricom's reason, or `by_hand`", shape: /./ },
  job: { says: 'a step of the scheduled function', shape: /./ },
  account: { says: 'the account that pays out (`b2c`)', shape: /^b2c$/ },
  quarter: { says: 'a quarter of a year', shape: /^\d{4}-Q[1-4]$/ },
  webhook: { says: 'a webhook endpoint', shape: UUID },
  ledger: { says: 'the ledger', shape: /./ },
  failure: { says: 'a failure, by its id in the error log', shape: UUID },
  state: { says: 'a state of the site, by a word', shape: /^(prompts|callbacks|outbox|initiator)$/ },
} as const satisfies Record<string, { says: string; shape: RegExp }>;

export type SubjectType = keyof typeof SUBJECTS;

/** Those of some types of subject that this one may be, by how it is written. */
export const typesOf = (types: SubjectType | readonly SubjectType[], subject: string): SubjectType[] =>
  [types].flat().filter((type) => SUBJECTS[type].shape.test(subject));

/** The id of a subject: `invoice:` and what follows a short code say what it is, and are no part of it. */
export function idOf(type: SubjectType, subject: string): string {
  if (type === 'invoice') return subject.slice('invoice:'.length);
  return type === 'shortcode' ? (subject.split(':')[0] ?? subject) : subject;
}
