/** A cell as it is stored. Dates of a workbook are numbers. */
export type Cell = string | number | undefined;

/** Takes one row of a file after the other. */
export type OnRow = (row: Cell[], lineNumber: number) => void;
