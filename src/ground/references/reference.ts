import { randomInt } from 'node:crypto';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'; // Crockford's: no I, L, O, U
const RANDOM_CHARACTERS = 7;
const LENGTH = 8; // with the check character
const LONGEST = 11; // with a prefix, and a character too many

/** Luhn's sum over the alphabet: catches every single wrong character and nearly every swap of neighbours. */
function checkCharacter(body: string): string {
  let sum = 0;
  for (const [fromRight, character] of [...body].reverse().entries()) {
    const value = ALPHABET.indexOf(character) * (fromRight % 2 === 0 ? 2 : 1);
    sum += Math.floor(value / ALPHABET.length) + (value % ALPHABET.length);
  }
  return ALPHABET.charAt((ALPHABET.length - (sum % ALPHABET.length)) % ALPHABET.length);
}

/**
 * A new reference that people can read out and type: `PY-4K7Q2M9X`, 11 characters (Safaricom allows 12), the last one a check character.
 */
export function newReference(prefix: string): string {
  const body = Array.from({ length: RANDOM_CHARACTERS }, () => ALPHABET.charAt(randomInt(ALPHABET.length))).join('');
  return `${prefix}-${body}${checkCharacter(body)}`;
}

/** Some new references: a row takes the first that is free. A draw hits a given reference once in 34 thousand million. */
export const drawReferences = (prefix: string): string[] => Array.from({ length: 4 }, () => newReference(prefix));

/**
 * The form in which references are compared: capital letters and digits, O as 0, I and L as 1. "LOAN 4k7-q2m9x" and "LN-4K7Q2M9X" are the
 * same.
 */
export const bareReference = (typed: string): string =>
  typed
    .toUpperCase()
    .replace(/[^A-Z0-9]/g, '')
    .replace(/^LOAN/, 'LN')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');

/**
 * Reads a reference as people type it (case, spaces, dashes, O for 0, I and L for 1) and returns its written form, or undefined when the
 * check character is wrong.
 */
export function readReference(typed: string): string | undefined {
  const bare = typed.toUpperCase().replace(/[^A-Z0-9]/g, '');
  const prefix = bare.slice(0, 2);
  const code = bare.slice(2).replace(/O/g, '0').replace(/[IL]/g, '1');
  const body = code.slice(0, -1);
  if (code.length !== LENGTH || [...code].some((character) => !ALPHABET.includes(character))) return undefined;
  return checkCharacter(body) === code.at(-1) ? `${prefix}-${code}` : undefined;
}

/**
 * The references that a person may have meant: one character wrong, missing or too many, two neighbours swapped, or the prefix wrong or left out. Only those whose
 * check character is right (some ten of hundreds), in their written form. A reference without a mistake is among them.
 */
export function likelyReferences(typed: string, prefixes: readonly string[]): string[] {
  const bare = bareReference(typed);
  if (bare.length > LONGEST) return [];
  const codes = [0, 1, 2].map((prefix) => bare.slice(prefix)).flatMap(oneMistakeAway);
  return [...new Set(prefixes.flatMap((prefix) => codes.flatMap((code) => readReference(prefix + code) ?? [])))];
}

function oneMistakeAway(code: string): string[] {
  const places = [...code].map((_, at) => at);
  const characters = [...ALPHABET];
  const put = (at: number, removed: number, text: string) => code.slice(0, at) + text + code.slice(at + removed);
  if (code.length === LENGTH + 1) return places.map((at) => put(at, 1, ''));
  if (code.length === LENGTH - 1) return [...places, code.length].flatMap((at) => characters.map((character) => put(at, 0, character)));
  if (code.length !== LENGTH) return [];
  const wrong = places.flatMap((at) => characters.map((character) => put(at, 1, character)));
  const swapped = places.slice(1).map((at) => put(at - 1, 2, `${code[at]}${code[at - 1]}`));
  return [...wrong, ...swapped];
}
