import { base64Keys } from './shapes.ts';

/** The look-up keys, the newest first: each was laid over those behind it, so none stands there twice. */
export const lookupKeys = base64Keys.refine(
  (keys) => new Set(keys.map((each) => each.export().toString('base64'))).size === keys.length,
  'names the same key twice',
);
