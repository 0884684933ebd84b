import * as z from 'zod';
import type { Asked } from '#desk/person/find-person.ts';
import { readPhone } from '#ground/text/phone.ts';
import { UsageError } from '../command.ts';

const text = { type: 'string' } as const;

/** The options that say whom a command is about. */
export const WHOM = { phone: text, email: text, member: text, person: text, payment: text } as const;

type Given = { [Name in keyof typeof WHOM]?: string | undefined };

/** Whom the options mean: exactly one says it. Throws `UsageError`. */
export function readAsked({ phone, email, member, person, payment }: Given): Asked {
  const given = [phone, email, member, person, payment].filter((value) => value !== undefined);
  if (given.length !== 1) throw new UsageError('Say whom, in one way: --phone, --email, --member, --person or --payment.');
  if (phone !== undefined) {
    const read = readPhone(phone);
    if (!read) throw new UsageError('--phone is no Kenyan mobile number: write it like 0712345678 or 254712345678.');
    return { phone: read };
  }
  if (email !== undefined) {
    if (!z.email().safeParse(email).success) throw new UsageError('--email is not an e-mail address.');
    return { email };
  }
  if (member !== undefined) return { member };
  return person === undefined ? { payment: String(payment) } : { person };
}

/** Who runs the command. Throws `UsageError`. */
export function readBy(by: string | undefined): string {
  if (!by?.trim()) throw new UsageError('Say who does it: --by "...". It goes on the audit trail.');
  return by.trim().slice(0, 100);
}
