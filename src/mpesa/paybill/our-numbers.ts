import type { Config } from '#ground/config/config.ts';

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator'>;

/** The numbers under which money is ours: the paybill or store number, the till, further own ones, and the one that pays out. */
export const ourNumbers = ({ mpesa, paybill, initiator }: Numbers): string[] => [
  mpesa.shortcode,
  ...(mpesa.tillNumber ? [mpesa.tillNumber] : []),
  ...paybill.shortcodes,
  ...(initiator?.shortcode ? [initiator.shortcode] : []),
];

/** The own account that a number stands for: a till and its store are one; `prompts` is true of the one that prompts ask for. Nothing for a number that is not ours. */
export function ownAccount(config: Numbers, number: string): { shortcode: string; prompts: boolean } | undefined {
  const { shortcode, tillNumber } = config.mpesa;
  if (number === shortcode || number === tillNumber) return { shortcode, prompts: true };
  return ourNumbers(config).includes(number) ? { shortcode: number, prompts: false } : undefined;
}
