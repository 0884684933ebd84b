/** The newest migration that this code was made with; `npm run db:schema` writes it anew. */
export const NEWEST_MIGRATION = { tag: '0042_told_in_time', at: 1796066648013 };
