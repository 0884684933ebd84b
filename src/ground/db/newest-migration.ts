/** The newest migration that this code was made with; `npm run db:schema` writes it anew. */
export const NEWEST_MIGRATION = { tag: '0049_matched_is_its_own', at: 1796098800000 };
