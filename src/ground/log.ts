import { innermost } from './db/errors.ts';

type Fields = Record<string, unknown>;

/** Writes one JSON line per event. Fields are ids, codes and counts; no personal data, no secrets: what looks like them is masked. */
export type Log = {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, error: unknown, fields?: Fields): void;
};

/** A Kenyan phone number, also as people write one: in groups. */
const PHONE = /(?<!\d)(?:\+?254|0)[ -]?[17](?:[ -]?\d){8}(?!\d)/g;
const EMAIL = /[^\s"@<>]+@[^\s"@<>]+\.[a-z]{2,}/gi;
const SECRET = /(token|secret|password|authorization|passkey|key)$/i;

/** Hides what looks like a phone number (all but its last three digits) or an e-mail address. */
export const redact = (text: string): string =>
  text.replace(PHONE, (phone) => `•••${phone.replace(/\D/g, '').slice(-3)}`).replace(EMAIL, '•••@•••');

function clean(_key: string, value: unknown): unknown {
  if (SECRET.test(_key) && value !== undefined) return '•••';
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'string' ? redact(value) : value;
}

/** Why something failed, in a line to keep: the innermost message without what looks personal. */
export function reasonOf(error: unknown): string {
  const cause = innermost(error);
  return cause instanceof Error ? redact(cause.message).slice(0, 200) : 'unknown';
}

/** Where an error was thrown: the first lines of its stack. */
export const framesOf = (error: unknown): string[] =>
  (error instanceof Error ? (error.stack?.split('\n') ?? []) : [])
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 6)
    .map((line) => line.trim());

/** The innermost error with its stack: the messages of the outer ones quote statements and their parameters. */
function describe(error: unknown): Fields {
  const inner = innermost(error);
  if (!(inner instanceof Error)) return { error: typeof inner };
  return {
    error: inner.name,
    message: inner.message,
    code: (inner as { code?: unknown }).code,
    at: framesOf(inner),
  };
}

/** A log that writes to `sink`, by default the console, where the platform collects it. */
export function createLog(sink: (line: string) => void = console.log): Log {
  const write = (level: string, event: string, fields: Fields) =>
    sink(JSON.stringify({ level, event, at: new Date().toISOString(), ...fields }, clean));
  return {
    info: (event, fields = {}) => write('info', event, fields),
    warn: (event, fields = {}) => write('warn', event, fields),
    error: (event, error, fields = {}) => write('error', event, { ...fields, ...describe(error) }),
  };
}
