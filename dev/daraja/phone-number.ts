import * as z from 'zod';

/** A phone as Daraja writes it. */
export const phoneNumber = z.string().regex(/^254[17]\d{8}$/, 'a phone is written 2547XXXXXXXX or 2541XXXXXXXX');
