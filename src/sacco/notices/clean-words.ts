import { cleanLine } from '#ground/notify/clean-line.ts';

const LONGEST = 2_000; // bounds the work

/** A person's name as it may stand in a message: letters and what joins them, on one line, so that it carries no link, number or sentence. */
export const cleanName = (name: string): string => cleanLine(name.slice(0, LONGEST).replace(/[^\p{L}\p{M}'’-]+/gu, ' '), 40);

/** What a person wrote, on one line. A space after each dot, colon, slash and at sign within a word leaves nothing that a phone or a mail program shows as a link. */
export const cleanNote = (note: string): string =>
  cleanLine(
    cleanLine(note.slice(0, LONGEST), 80)
      .replace(/[。．｡․]/g, '.')
      .replace(/[*#]/g, ' ') // nothing to dial
      .replace(/[:/@\\](?=\S)|\.(?=\S)(?!\d\d?(?![\d.]))/g, '$& '), // 1.50 stays, 10.0.0.1 does not
    80,
  );
