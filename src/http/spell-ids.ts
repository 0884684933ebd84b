/** What callers keep with us in their own words. */
const THEIRS = 'metadata';
/** Names under which a request gives an id of ours. */
const NAMES = /^(?:id|subject|assignee|receivable|\w*Id)$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Ids of ours stand no deeper than in a list of objects; what is nested deeper is none of a request's that we take. */
const DEEPEST = 3;

/** The same input with each of our ids in small letters, as they are kept: what compares them as text would take another spelling for something else. */
export const spellIds = (input: object): object => spellAt(input, DEEPEST);

const spellAt = (input: object, deep: number): object =>
  Object.fromEntries(Object.entries(input).map(([name, value]) => [name, spelled(name, value, deep)]));

function spelled(name: string, value: unknown, deep: number): unknown {
  if (typeof value === 'string') return NAMES.test(name) && UUID.test(value) ? value.toLowerCase() : value;
  if (deep === 0) return value;
  if (Array.isArray(value)) return value.map((each) => spelled(name, each, deep - 1));
  return isPlain(value) && name !== THEIRS ? spellAt(value, deep - 1) : value;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
