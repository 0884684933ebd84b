import type { Caller } from '#ground/call.ts';
import { redact } from '#ground/log.ts';
import type { SubjectType } from './subjects.ts';

/** Whoever has one of these ids opens a payment's page and its invoice. */
const OPENING: readonly (SubjectType | 'entry')[] = ['payment', 'booking', 'invoice'];

const isKey = ({ id }: Pick<Caller, 'id'>): boolean => id.startsWith('key:');

/** Whether notes, which staff write for each other and which may name anybody, are for this caller: people alone. */
export const seesNotes = (caller: Pick<Caller, 'id'>): boolean => !isKey(caller);

/** The name of somebody of ours, for whoever may read people. */
export const nameFor = (name: string | null, { scopes }: Pick<Caller, 'scopes'>): string | null =>
  scopes.includes('members:read') ? name : null;

/** Whether the caller may have an id of this kind: a key only that of a payment or a person which it may read. */
export function seesId(type: SubjectType | 'entry' | null, caller: Pick<Caller, 'id' | 'scopes'>): boolean {
  if (!isKey(caller)) return true;
  if (type === 'person') return caller.scopes.includes('members:read');
  return type === null || !OPENING.includes(type) || caller.scopes.includes('payments:read');
}

/** Words, without phone numbers and addresses for a key. */
export const wordsFor = <T extends string | null>(words: T, caller: Pick<Caller, 'id'>): T =>
  (words !== null && isKey(caller) ? redact(words) : words) as T;
