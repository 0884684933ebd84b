import * as z from 'zod';

/** An order that cannot be carried out: `message` says what is wrong, `change` what to do instead. */
export class ControlError extends Error {
  override name = 'ControlError';
  readonly status: 400 | 404 | 409;
  readonly change: string;
  constructor(status: 400 | 404 | 409, message: string, change: string) {
    super(message);
    this.status = status;
    this.change = change;
  }
}

/** The order as the schema reads it; a ControlError names every part that is wrong. */
export function readOrder<Schema extends z.ZodType>(schema: Schema, order: unknown): z.output<Schema> {
  const read = schema.safeParse(order);
  if (read.success) return read.data;
  throw new ControlError(400, 'The order is not understood.', z.prettifyError(read.error));
}
