/** Bytes of a statement, unpacked: of a text as it is, of an archive the sum of its entries. Ruling 43. */
export const UNPACKED_BYTES = 100 * 1024 * 1024;

/** Rows of a `.csv` or `.xlsx`: ruling 11, and room for what stands above the lines. An `.xls` ends at 65,536 by its format. */
export const ROWS = 100_000 + 100;

/** Entries of an archive: a workbook of one sheet has about ten. */
export const ARCHIVE_ENTRIES = 200;

/** How much larger than packed an entry may be. Sheets of statements measure 5 to 15; a bomb is a thousand and more. */
export const ARCHIVE_RATIO = 200;

/** Characters of a cell: the longest Details of a real export has 120. */
export const CELL_CHARACTERS = 2_000;

/** Rows above the header: seven in today's exports, 22 in those of 2010. */
export const PREAMBLE_ROWS = 60;

/** Problems that are kept one by one; beyond them only their number. */
export const LISTED_PROBLEMS = 500;

/** Of the lines whose receipt shows a day, the share that may disagree with its date. Ruling 10. */
export const DISAGREEING_SHARE = 0.02;
