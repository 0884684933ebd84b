import type { Network } from './network.ts';
import { type Answer, invalidField } from './wire.ts';

/** The fields of a request as they came. */
export type Fields = Record<string, unknown>;
/** A field, its name in the refusal where that differs (`called`), and what its value must be. Order matters: a refusal names the first wrong field. */
export type FieldRule = { field: string; called?: string; valid(value: string): boolean };

const LOCAL_HOSTS: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** What Daraja accepts as a short code, as a phone, and as any value at all. */
export const isShortCode = (value: string) => /^\d{5,7}$/.test(value);
export const isPhone = (value: string) => /^254[17]\d{8}$/.test(value);
export const isPresent = (value: string) => value.trim() !== '';

/** yyyyMMddHHmmss of a day that exists. */
export function isTimestamp(value: string): boolean {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(value)?.slice(1);
  if (!parts) return false;
  const [year, month, day, hour, minute, second] = parts;
  const moment = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return !Number.isNaN(moment.getTime()) && moment.getUTCDate() === Number(day);
}

/** Public https in the real network; http only to the own machine, for developers. */
export function isCallbackUrl(value: string): boolean {
  if (/[<>\s]/.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === 'https:' || (protocol === 'http:' && LOCAL_HOSTS.has(hostname));
}

/** The field as text: numbers and strings are welcome everywhere, anything else counts as missing. */
export function textOf(fields: Fields, field: string): string {
  const value = fields[field];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The refusal for the first wrong field, or null when all are right. */
export function checkFields(network: Network, fields: Fields, rules: FieldRule[]): Answer | null {
  const wrong = rules.find(({ field, valid }) => !valid(textOf(fields, field)));
  return wrong ? invalidField(network, wrong.called ?? wrong.field) : null;
}
