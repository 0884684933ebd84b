import { hasFunction } from '../stage.ts';
import type { Source } from './source.ts';

/** The organisation's statement, signed off. */
export const statement: Source = {
  name: 'statement',
  isBuilt: () => hasFunction('statements'),
  tell: () => Promise.reject(new Error('The model cannot tell this yet.')),
};
