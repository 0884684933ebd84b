import type { Config } from '#ground/config/config.ts';

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator'>;

/** All numbers that are ours: the paybill or store number, the till, further short codes, and the one that pays out. */
export const ourNumbers = ({ mpesa, paybill, initiator }: Numbers): string[] => [
  mpesa.shortcode,
  ...(mpesa.tillNumber ? [mpesa.tillNumber] : []),
  ...paybill.shortcodes,
  ...(initiator?.shortcode ? [initiator.shortcode] : []),
];

/** Our account behind a number, undefined where it is not ours. A till and its store are one; `prompts` says whether prompts name it. */
export function ownAccount(config: Numbers, number: string): { shortcode: string; prompts: boolean } | undefined {
  const { shortcode, tillNumber } = config.mpesa;
  if (number === shortcode || number === tillNumber) return { shortcode, prompts: true };
  return ourNumbers(config).includes(number) ? { shortcode: number, prompts: false } : undefined;
}
