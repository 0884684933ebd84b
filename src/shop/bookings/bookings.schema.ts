import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at, cents, encrypted, oneOf } from '#ground/db/columns.ts';
import { payments } from '#mpesa/payments/payments.schema.ts';
import { payouts } from '#mpesa/payouts/payouts.schema.ts';

/** The states of a booking. `held` is published as `matching`; `released` and `refunded` are decisions, made once. */
export const BOOKING_STATES = ['created', 'held', 'released', 'refunded', 'expired', 'disputed'] as const;

/** Who may get a fee that was held: the organisation, a provider, or the payer again. */
export const BENEFICIARIES = ['income', 'provider', 'payer'] as const;

/** A fee that is held until somebody decides who gets it. A booking's id is its payment's: what was booked, by whom and for how much stands there. */
export const bookings = pgTable(
  'bookings',
  {
    id: uuid('id')
      .primaryKey()
      .references(() => payments.id),
    state: text('state', { enum: BOOKING_STATES }).notNull(),
    providerPhone: encrypted('provider_phone'),
    providerPhoneHash: text('provider_phone_hash'),
    expiresAt: at('expires_at').notNull(),
    heldAt: at('held_at'),
    resolvedAt: at('resolved_at'),
    /** What happens automatically, `autoAfterHours` after the fee was held, when nobody has decided. */
    autoTo: text('auto_to', { enum: BENEFICIARIES }),
    autoKeepCents: cents('auto_keep_cents'),
    autoAfterHours: integer('auto_after_hours'),
    autoResolveAt: at('auto_resolve_at'),
    /** The part of the fee that became income, and the latest payout of the rest: a payout that is requested again after a failure is a new one. */
    incomeCents: cents('income_cents'),
    payoutId: uuid('payout_id').references(() => payouts.id),
  },
  (t) => [
    index('bookings_expiry').on(t.expiresAt).where(sql`${t.state} = 'created'`),
    index('bookings_due').on(t.autoResolveAt).where(sql`${t.autoResolveAt} is not null`),
    oneOf('bookings_state', t.state, BOOKING_STATES),
    oneOf('bookings_auto_to', t.autoTo, BENEFICIARIES),
    check(
      'bookings_decided_once',
      sql`(${t.state} in ('released', 'refunded')) = (${t.resolvedAt} is not null and ${t.incomeCents} is not null)`,
    ),
    check('bookings_due_is_held', sql`${t.autoResolveAt} is null or ${t.state} = 'held'`),
  ],
);
