/** The newest migration that this code was made with; `npm run db:schema` writes it anew. */
export const NEWEST_MIGRATION = { tag: '0051_statements_withdrawn', at: 1796132402405 };
