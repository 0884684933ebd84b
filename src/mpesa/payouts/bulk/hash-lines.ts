import { lookupHash } from '#ground/db/encryption.ts';
import type { BulkLine } from './read-lines.ts';

/** The keyed hash of checked lines, in their order: the same lines have the same hash, and any other phone, amount, name or reference has another. */
export const hashLines = (lines: readonly BulkLine[]): string =>
  lookupHash(
    JSON.stringify(
      lines.map(({ phone, amountCents, name, ownReference }) => [phone, amountCents.toString(), name ?? null, ownReference ?? null]),
    ),
  );
