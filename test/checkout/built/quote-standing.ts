import { type SQL, sql } from 'drizzle-orm';
import { AppError } from '../../../src/errors.ts';
import type { QuoteInput } from '../../../src/payments/purpose.ts';
import { bareReference } from '../../../src/references/reference.ts';

/** Prices what the payer chooses to pay for a standing reference: his amount, if there is such a loan or account. What is due is told to its owner only, so it is never filled in here. */
export function quoteStanding({ subject, amountCents, items }: QuoteInput, kind: 'loan' | 'savings'): SQL {
  const example = kind === 'loan' ? 'LN-4K7Q2M9X' : 'SV-4K7Q2M9X';
  if (!subject || amountCents === undefined || items.length > 0)
    throw new AppError('invalid_input', `Send subject (the reference, such as ${example}) and amount (whole shillings), and no items.`);
  return sql`
  select ${amountCents.toString()}::bigint as owed_cents, jsonb_build_array(jsonb_build_object('kind', ${kind}::text, 'reference', ${subject}::text)) as lines,
    case when not exists (select from standing_references where typed = ${bareReference(subject)} and kind = ${kind}) then 'unknown_reference' end as refusal,
    '{}'::jsonb as refusal_detail`;
}
