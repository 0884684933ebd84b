import { create, type Font } from 'fontkit';
import PDFDocument from 'pdfkit';
import { cleanLine, lettersOf } from '#ground/notify/clean-line.ts';
import { interBold, interRegular } from './fonts.ts';

/** The lowest y of a page's content; below it is only the footer. */
const BOTTOM = 774;
const MARGIN = 48;

export const ink = { text: '#1a1a1a', soft: '#595959', line: '#d9d9d9', tint: '#f3f5f4' };

export type Struct = PDFKit.PDFStructureElement;
/** A place on the page in points from its top left; text wraps to the width. */
export type Box = { x: number; y: number; width: number };
export type TextStyle = { size?: number; bold?: boolean; colour?: string; align?: 'left' | 'right'; figures?: boolean };
/** A document being drawn: everything visible hangs under `root` or under one of its children, so that a screen reader finds it. */
export type Page = {
  doc: PDFKit.PDFDocument;
  root: Struct;
  left: number;
  width: number;
  printable: (text: string, limit?: number) => string;
};

/**
 * A font keeps with each glyph the letter under which it was first looked up. A glyph first met as a part of another (’ in a comma) would be copied from the
 * PDF as nothing, so every letter is looked up first.
 */
function parseFont(base64: string): Font {
  const font = create(Buffer.from(base64, 'base64'));
  for (const codePoint of font.characterSet) font.glyphForCodePoint(codePoint);
  return font;
}

let fonts: { regular: Font; bold: Font } | undefined;
/** Parsed once in the life of a process: parsing costs as much as drawing an invoice. */
const loadFonts = () => (fonts ??= { regular: parseFont(interRegular), bold: parseFont(interBold) });

/** Opens an empty tagged A4 document. The same input gives the same bytes, because its date is `at` and not the time of drawing. */
export function openPage(about: { title: string; author: string; lang: string; at: Date }): Page {
  const { regular, bold } = loadFonts();
  const printable = (text: string, limit = 120) => toPrintable(text, limit, (codePoint) => regular.hasGlyphForCodePoint(codePoint));
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 0 }, // pages break in makeRoom only, never inside a text
    font: null as unknown as string, // the built-in fonts are files, and a bundle has none
    lang: about.lang,
    tagged: true,
    displayTitle: true,
    pdfVersion: '1.7',
    bufferPages: true,
    info: {
      Title: printable(about.title, 200),
      Author: printable(about.author),
      Creator: 'Malipo',
      Producer: 'Malipo',
      CreationDate: about.at,
    },
  });
  doc.registerFont('regular', regular as unknown as PDFKit.Mixins.PDFFontSource);
  doc.registerFont('bold', bold as unknown as PDFKit.Mixins.PDFFontSource);
  const root = doc.struct('Document');
  doc.addStructure(root);
  return { doc, root, left: MARGIN, width: doc.page.width - 2 * MARGIN, printable };
}

/** Adds a structure element that holds others, such as a table or its row. */
export function addGroup({ doc }: Page, parent: Struct, type: string): Struct {
  const element = doc.struct(type);
  parent.add(element);
  return element;
}

const applyStyle = ({ doc }: Page, { size = 9, bold = false, colour = ink.text }: TextStyle) =>
  doc
    .font(bold ? 'bold' : 'regular')
    .fontSize(size)
    .fillColor(colour);

const layoutOf = (width: number, style: TextStyle) =>
  ({ width, align: style.align ?? 'left', lineGap: 2, features: style.figures ? ['tnum'] : [] }) as PDFKit.Mixins.TextOptions;

/** The height in points that a text takes when it is wrapped to `width`. */
export const measure = (page: Page, text: string, width: number, style: TextStyle = {}): number =>
  applyStyle(page, style).heightOfString(text, layoutOf(width, style));

/** Draws wrapped text at (x, y) and returns the y below it. Screen readers find it as an element, or skip it under the parent "artifact". */
export function drawText(page: Page, parent: Struct | 'artifact', type: string, text: string, at: Box, style: TextStyle = {}): number {
  const { doc } = page;
  const draw = () => applyStyle(page, style).text(text, at.x, at.y, layoutOf(at.width, style));
  if (parent === 'artifact') {
    drawArtifact(page, draw);
    return doc.y;
  }
  const element = doc.struct(type, type === 'TH' ? { scope: 'Column' } : {});
  parent.add(element);
  element.add(doc.markStructureContent(type));
  draw();
  doc.endMarkedContent();
  element.end();
  return doc.y;
}

/** Draws a picture that a screen reader reads as `alt`. */
export function drawFigure({ doc, root }: Page, alt: string, draw: () => void): void {
  const figure = doc.struct('Figure', { alt });
  root.add(figure);
  figure.add(doc.markStructureContent('Figure'));
  draw();
  doc.endMarkedContent();
  figure.end();
}

/** Draws what a screen reader shall skip: lines, tints, repeated headers, page numbers. */
export function drawArtifact({ doc }: Page, draw: () => void): void {
  doc.save();
  doc.markContent('Artifact', { type: 'Layout' });
  draw();
  doc.endMarkedContent();
  doc.restore();
}

/** Returns a y below which `height` points fit: `y` itself, or the top of a new page. */
export function makeRoom({ doc }: Page, y: number, height: number): number {
  if (y + height <= BOTTOM) return y;
  doc.addPage();
  return MARGIN;
}

/** Writes the footer on every page, closes the document and resolves with its bytes. */
export function closePage(page: Page, footer: (n: number, of: number) => [left: string, right: string]): Promise<Uint8Array> {
  const { doc, left, width } = page;
  const { count } = doc.bufferedPageRange();
  for (let n = 0; n < count; n++) {
    doc.switchToPage(n);
    const [about, pageNumber] = footer(n + 1, count);
    drawArtifact(page, () => {
      doc
        .moveTo(left, 790)
        .lineTo(left + width, 790)
        .lineWidth(0.5)
        .stroke(ink.line);
      applyStyle(page, { size: 8, colour: ink.soft }).text(about, left, 797, { width: width - 110, height: 12, ellipsis: true });
      doc.text(pageNumber, left + width - 100, 797, { width: 100, align: 'right' });
    });
  }
  page.root.end();
  const chunks: Uint8Array[] = [];
  return new Promise((resolve, reject) => {
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    doc.on('end', () => resolve(new Uint8Array(Buffer.concat(chunks))));
    doc.on('error', reject);
    doc.end();
  });
}

/**
 * A line that the font can print. What it has no glyph for is spelled in parts or with plainer letters where Unicode knows them (ﬁ is fi), and
 * is otherwise shown as one "?" for each letter or emoji: an invoice never looks complete when it is not.
 */
function toPrintable(text: string, limit: number, hasGlyph: (codePoint: number) => boolean): string {
  const canPrint = (letter: string) => letter !== '' && Array.from(letter).every((char) => hasGlyph(char.codePointAt(0) ?? 0));
  return lettersOf(cleanLine(text, limit))
    .map((letter) => [letter, letter.normalize('NFD'), letter.normalize('NFKD').replace(/\p{M}/gu, '')].find(canPrint) ?? '?')
    .join('');
}
