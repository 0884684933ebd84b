import type { Source } from './source.ts';

/** The organisation's statement, signed off. The product takes it; the model does not tell it yet (test/reconcile plays it). */
export const statement: Source = {
  name: 'statement',
  isBuilt: () => false,
  tell: () => Promise.reject(new Error('The model cannot tell this yet.')),
};
