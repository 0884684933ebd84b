import type { Config } from '#ground/config/config.ts';

/** Our short code that pays out. */
export const payingShortcode = ({ initiator, mpesa }: Pick<Config, 'initiator' | 'mpesa'>): string =>
  initiator?.shortcode ?? mpesa.shortcode;
