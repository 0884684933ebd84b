import { bareReference, readReference } from './reference.ts';

const CHARACTERS = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'];
const LENGTH = 8; // seven characters and a check character
const LONGEST = LENGTH + 3; // with a prefix, and a character too many

/**
 * The references that a person may have meant: one character wrong, missing or too many, two neighbours swapped, or the prefix wrong or
 * left out. Only those with a right check character, some ten of hundreds, in their written form; a reference without a mistake is among
 * them.
 */
export function likelyReferences(typed: string, prefixes: readonly string[]): string[] {
  const bare = bareReference(typed);
  if (bare.length > LONGEST) return [];
  const codes = [0, 1, 2].map((prefix) => bare.slice(prefix)).flatMap(oneMistakeAway);
  return [...new Set(prefixes.flatMap((prefix) => codes.flatMap((code) => readReference(prefix + code) ?? [])))];
}

function oneMistakeAway(code: string): string[] {
  const places = [...code].map((_, at) => at);
  const put = (at: number, removed: number, text: string) => code.slice(0, at) + text + code.slice(at + removed);
  if (code.length === LENGTH + 1) return places.map((at) => put(at, 1, ''));
  if (code.length === LENGTH - 1) return [...places, code.length].flatMap((at) => CHARACTERS.map((character) => put(at, 0, character)));
  if (code.length !== LENGTH) return [];
  const wrong = places.flatMap((at) => CHARACTERS.map((character) => put(at, 1, character)));
  const swapped = places.slice(1).map((at) => put(at - 1, 2, `${code[at]}${code[at - 1]}`));
  return [...wrong, ...swapped];
}
