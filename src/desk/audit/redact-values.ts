import { redact } from '#ground/log.ts';

/** A JSON value as it is shown: the trail holds ids and states, and what looks like a phone number or an address all the same is masked. */
export function redactValues(value: unknown): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map(redactValues);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, redactValues(each)]));
}
