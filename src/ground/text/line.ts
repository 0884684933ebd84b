import * as z from 'zod';

/** One line of text of so many characters, trimmed. */
export const line = (least: number, most: number) =>
  z
    .string()
    .trim()
    .min(least)
    .max(most)
    .regex(/^[^\p{Cc}]*$/u, 'Remove line breaks and control characters.');
