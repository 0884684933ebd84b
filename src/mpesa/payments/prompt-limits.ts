import type { Config } from '#ground/config/config.ts';

/** How often prompts may be requested, and for how much. */
export type PromptLimits = Pick<Config['limits'], 'promptsPerPhone' | 'promptsPerNetwork' | 'promptsPerDay' | 'minCents' | 'maxCents'>;

/** The same as JSON for prompt-limits.sql and open-attempt.sql. */
export const limitsParam = ({ promptsPerPhone, promptsPerNetwork, promptsPerDay, minCents, maxCents }: PromptLimits): string =>
  JSON.stringify({ promptsPerPhone, promptsPerNetwork, promptsPerDay, minCents: minCents.toString(), maxCents: maxCents.toString() });
