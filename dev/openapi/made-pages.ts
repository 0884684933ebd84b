/** The pages that are made of the API's description, by the name under which they are served. */
export const MADE_PAGES = ['openapi.json', 'malipo.postman_collection.json', 'reference.js'] as const;
export type MadePage = (typeof MADE_PAGES)[number];
