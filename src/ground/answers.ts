/** What a verb may return in place of a value that becomes JSON: `endpoint` renders these too. */

/** A page of a table for a spreadsheet, saved as `name`: the columns are keys of its rows. */
export class Sheet {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly object[];
  readonly nextCursor: string | null;
  constructor(name: string, columns: readonly string[], rows: readonly object[], nextCursor: string | null = null) {
    this.name = name;
    this.columns = columns;
    this.rows = rows;
    this.nextCursor = nextCursor;
  }
}

/** A document that a browser opens. */
export class PdfFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  constructor(name: string, bytes: Uint8Array) {
    this.name = name;
    this.bytes = bytes;
  }
}

/** The answer to a repeated request if that of the first one was not kept: what the first one made, as it stands now. */
export class AsItStands {
  readonly value: object;
  constructor(value: object) {
    this.value = value;
  }
}

/** The answer to a repeated request: the bytes and the status that the first one had. */
export class Replay {
  readonly status: number;
  readonly text: string;
  constructor(status: number, text: string) {
    this.status = status;
    this.text = text;
  }
}
