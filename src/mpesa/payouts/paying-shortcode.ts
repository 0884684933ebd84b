import type { Config } from '#ground/config/config.ts';

/** The own short code that payouts leave from. */
export const payingShortcode = ({ initiator, mpesa }: Pick<Config, 'initiator' | 'mpesa'>): string =>
  initiator?.shortcode ?? mpesa.shortcode;
