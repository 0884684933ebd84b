import { FIELD_WORDS } from './field-words.ts';

/** Formats whose pattern says nothing more to a reader. */
const PLAIN_FORMATS = ['uuid', 'date', 'date-time', 'email'];

/** A copy of the description in which fields have words, and formats that everybody knows no pattern. */
export function describeFields(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(describeFields);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(
    ([name]) => !(name === 'pattern' && 'format' in node && PLAIN_FORMATS.includes(String(node.format))),
  );
  const copy: Record<string, unknown> = Object.fromEntries(entries.map(([name, value]) => [name, describeFields(value)]));
  if (isRecord(copy.properties))
    copy.properties = Object.fromEntries(Object.entries(copy.properties).map(([name, of]) => [name, withWords(name, of)]));
  if (typeof copy.name === 'string' && copy.in === 'query') return withWords(copy.name, copy);
  return copy;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const withWords = (name: string, of: unknown): unknown => {
  const words = FIELD_WORDS[name];
  return isRecord(of) && words && !('description' in of || '$ref' in of) ? { ...of, description: words } : of;
};
