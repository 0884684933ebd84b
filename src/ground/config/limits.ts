import { decimal } from './shapes.ts';

const MOST_A_DAY = 10_000_000;

/** The variables of limits. Each has a maximum: sliding limits store every event. */
export const LIMIT_VARIABLES = {
  LIMIT_PROMPTS_PER_PHONE_10_MINUTES: decimal(1, 1_000).default(3),
  LIMIT_PROMPTS_PER_PHONE_DAY: decimal(1, 1_000).default(10),
  LIMIT_PROMPTS_PER_ADDRESS_HOUR: decimal(1, 5_000).default(300),
  LIMIT_PROMPTS_PER_DAY: decimal(1, MOST_A_DAY).default(5_000),
  LIMIT_CODES_PER_PHONE_DAY: decimal(2, 1_000).default(8),
  LIMIT_CODES_PER_ADDRESS_HOUR: decimal(1, 5_000).default(100),
  LIMIT_CODES_PER_DAY: decimal(1, MOST_A_DAY).default(2_000),
  LIMIT_WRONG_CODES_PER_ADDRESS_HOUR: decimal(1, 5_000).default(60),
};

type LimitVariables = { [Name in keyof typeof LIMIT_VARIABLES]: number };

/** Old names of two limits, with the new ones. */
export const EARLIER_LIMITS: readonly (readonly [string, string])[] = [
  ['PROMPTS_PER_DAY', 'LIMIT_PROMPTS_PER_DAY'],
  ['CODES_PER_DAY', 'LIMIT_CODES_PER_DAY'],
];

/** An old name still counts where the new one is not set. */
export const withEarlierLimits = (set: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  ...set,
  ...Object.fromEntries(
    EARLIER_LIMITS.flatMap(([old, name]) => (set[name] === undefined && set[old] !== undefined ? [[name, set[old]]] : [])),
  ),
});

/** Findings about old and new names that are set to different numbers. */
export const limitContradictions = (set: NodeJS.ProcessEnv): [boolean, string][] =>
  EARLIER_LIMITS.map(([old, name]) => [
    set[old] !== undefined && set[name] !== set[old],
    `${old} is now ${name}, and both are set to different numbers: unset the old one`,
  ]);

/** The variables of limits, grouped. */
export const limitSettings = (env: LimitVariables) => ({
  promptsPerPhone: [
    { minutes: 10, most: env.LIMIT_PROMPTS_PER_PHONE_10_MINUTES },
    { minutes: 24 * 60, most: env.LIMIT_PROMPTS_PER_PHONE_DAY },
  ],
  promptsPerNetwork: [{ minutes: 60, most: env.LIMIT_PROMPTS_PER_ADDRESS_HOUR }],
  promptsPerDay: env.LIMIT_PROMPTS_PER_DAY,
  codesPerPhoneDay: env.LIMIT_CODES_PER_PHONE_DAY,
  codesPerNetwork: [{ minutes: 60, most: env.LIMIT_CODES_PER_ADDRESS_HOUR }],
  codesPerDay: env.LIMIT_CODES_PER_DAY,
  wrongCodesPerNetwork: [{ minutes: 60, most: env.LIMIT_WRONG_CODES_PER_ADDRESS_HOUR }],
});
