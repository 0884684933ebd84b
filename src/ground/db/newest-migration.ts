/** The newest migration that this code was made with; `npm run db:schema` writes it anew. */
export const NEWEST_MIGRATION = { tag: '0047_webhooks', at: 1796070646465 };
