import { violatedConstraint } from '../../../src/db/errors.ts';

/**
 * True when a payment was refused because its caller has one with this external reference already. A key's and a person's references are their own; visitors share a
 * name, so that theirs are their phone's own: no stranger can take one that a shop is going to use.
 */
export const isReferenceUsed = (error: unknown): boolean =>
  ['payments_external_reference', 'payments_visitor_reference'].includes(violatedConstraint(error) ?? '');
