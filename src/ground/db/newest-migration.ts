/** The newest migration that this code was made with; `npm run db:schema` writes it anew. */
export const NEWEST_MIGRATION = { tag: '0048_persons', at: 1796083156998 };
