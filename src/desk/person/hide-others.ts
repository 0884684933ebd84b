import { redact } from '#ground/log.ts';
import { readPhone } from '#ground/text/phone.ts';
import type { Found } from './holding.ts';

const MAYBE_OURS = /(?:(?<!\d)(?:\+?254|0)[ -]?[17](?:[ -]?\d){8}(?!\d))|(?:[^\s"@<>]+@[^\s"@<>]+\.[a-z]{2,})/gi;

type Person = Pick<Found, 'phones' | 'emails' | 'phoneHashes' | 'personId'>;

/** A value of an export without phones and e-mails that are not the person's own; who acted is themselves, staff, another customer or a key. */
export function hideOthers(value: unknown, person: Person): unknown {
  if (typeof value === 'string')
    return actorShown(value, person) ?? value.replace(MAYBE_OURS, (found) => (isTheirs(found, person) ? found : redact(found)));
  if (Array.isArray(value)) return value.map((each) => hideOthers(each, person));
  if (value !== null && typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hideOthers(each, person)]));
  return value;
}

function actorShown(text: string, { personId, phoneHashes }: Person): string | undefined {
  const [, kind, id = ''] = /^(person|phone|key):([\w.-]+)$/.exec(text) ?? [];
  if (kind === undefined) return undefined;
  if (kind === 'key') return 'a key of the organisation';
  if (kind === 'person') return id === personId ? 'themselves' : 'staff';
  return phoneHashes.includes(id) ? 'themselves' : 'another customer';
}

const isTheirs = (found: string, { phones, emails }: Person): boolean =>
  found.includes('@') ? emails.some((email) => email.toLowerCase() === found.toLowerCase()) : phones.includes(readPhone(found) ?? '');
