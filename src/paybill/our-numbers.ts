import type { Config } from '../config.ts';

/** The numbers that customers pay us under: the paybill or store number, and the till. */
export const ourNumbers = ({ mpesa }: Pick<Config, 'mpesa'>): string[] => [
  mpesa.shortcode,
  ...(mpesa.tillNumber ? [mpesa.tillNumber] : []),
];
