import type { Config } from '#ground/config/config.ts';

/** How often prompts may be asked for, and how much one may be for. */
export type PromptLimits = Pick<Config['limits'], 'promptsPerPhone' | 'promptsPerNetwork' | 'promptsPerDay' | 'minCents' | 'maxCents'>;

/** The same as prompt-limits.sql and open-attempt.sql read it. */
export const limitsParam = ({ promptsPerPhone, promptsPerNetwork, promptsPerDay, minCents, maxCents }: PromptLimits): string =>
  JSON.stringify({ promptsPerPhone, promptsPerNetwork, promptsPerDay, minCents: minCents.toString(), maxCents: maxCents.toString() });
