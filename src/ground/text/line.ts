import * as z from 'zod';

/** One line of text as a person writes it, of so many characters; what stands around it is cut off. */
export const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'Remove line breaks and control characters.');
