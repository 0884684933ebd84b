/** The languages in which customers, members and treasurers are spoken to. */
export const LANGUAGES = ['en', 'sw'] as const;
export type Language = (typeof LANGUAGES)[number];
