import { expect, test } from 'vitest';
import * as z from 'zod';
import type { Agreement } from '../../dev/openapi/json-of.ts';

/* The compiler reads this file: each line below "@ts-expect-error" must not compile. */

const agree = <Value, Shape extends z.ZodType>(
  shape: Shape,
  _: Agreement<Value, z.output<Shape>> extends { answer: object } ? never : true,
) => shape;

type Paid = { id: string; state: string; at: Date; cents?: number | undefined; lines: { sku: string }[] };

const lines = z.array(z.strictObject({ sku: z.string() }));
const paid = { id: z.string(), state: z.enum(['paid', 'failed']), at: z.string(), cents: z.number().optional(), lines };

test('a shape agrees with what a verb returns only if it has all of it and no more', () => {
  agree<Paid, z.ZodType<{ id: string; state: string; at: string; cents?: number; lines: { sku: string }[] }>>(z.any(), true);
  const shape = z.strictObject(paid);
  agree<Paid, typeof shape>(shape, true);

  const { id: _, ...less } = paid;
  const lacks = z.strictObject(less);
  // @ts-expect-error it lacks the id
  agree<Paid, typeof lacks>(lacks, true);

  const more = z.strictObject({ ...paid, fee: z.number() });
  // @ts-expect-error it promises a fee
  agree<Paid, typeof more>(more, true);

  const { cents: __, ...without } = paid;
  const missing = z.strictObject(without);
  // @ts-expect-error it lacks what may be missing
  agree<Paid, typeof missing>(missing, true);

  const always = z.strictObject({ ...paid, cents: z.number() });
  // @ts-expect-error it promises what may be missing
  agree<Paid, typeof always>(always, true);

  const deep = z.strictObject({ ...paid, lines: z.array(z.strictObject({ sku: z.string(), name: z.string() })) });
  // @ts-expect-error its lines promise a name
  agree<Paid, typeof deep>(deep, true);

  const fewer = z.strictObject({ status: z.enum(['paid']) });
  // @ts-expect-error a status is missing
  agree<{ status: 'paid' | 'failed' }, typeof fewer>(fewer, true);

  expect(shape.safeParse({ id: 'a', state: 'paid', at: 'b', lines: [] }).success).toBe(true);
});
