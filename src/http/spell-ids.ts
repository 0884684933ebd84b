/** What callers keep with us in their own words. */
const THEIRS = 'metadata';
/** Names under which a request gives an id of ours. */
const NAMES = /^(?:id|subject|assignee|receivable|\w*Id)$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The same input with each of our ids in small letters, as they are kept: what compares them as text would take another spelling for something else. */
export function spellIds(input: object): object {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, spelled(name, value)]));
}

function spelled(name: string, value: unknown): unknown {
  if (typeof value === 'string') return NAMES.test(name) && UUID.test(value) ? value.toLowerCase() : value;
  if (Array.isArray(value)) return value.map((each) => spelled(name, each));
  return isPlain(value) && name !== THEIRS ? spellIds(value) : value;
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
