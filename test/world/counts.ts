/** How often a generated case runs: `npm test` runs few, `MALIPO_TEST_SCALE=50 npm test` the full number. */
export const scaled = (few: number): number => Math.ceil(few * Number(process.env.MALIPO_TEST_SCALE ?? 1));
