import { stringify } from 'csv-stringify/sync';
import type { Sheet } from '#ground/answers.ts';

/** A sheet as CSV for a spreadsheet. Cells that begin with = + - @ are escaped, since the spreadsheet would run them. */
export const printSheet = ({ columns, rows }: Sheet): string =>
  stringify([...rows], { header: true, columns: [...columns], cast: { boolean: String }, escape_formulas: true });
