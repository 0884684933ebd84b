import type { Config } from '#ground/config/config.ts';
import { ourNumbers, ownAccount } from './our-numbers.ts';
import { payingShortcode } from './paying-shortcode.ts';

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>;

/** Our short codes; a till and its store count as one. */
export const ownShortcodes = (config: Numbers): string[] => [
  ...new Set(ourNumbers(config).flatMap((number) => ownAccount(config, number)?.shortcode ?? [])),
];

/** The short codes whose balance is asked for each hour, the one that pays out first: all of ours, or those that BALANCE_SHORTCODES names. */
export const watchedShortcodes = (config: Numbers): string[] => {
  const paying = payingShortcode(config);
  const others = ownShortcodes(config).filter(
    (shortcode) => shortcode !== paying && (config.float.shortcodes?.includes(shortcode) ?? true),
  );
  return [paying, ...others];
};
