import { encode } from 'uqr';
import { addGroup, drawArtifact, drawFigure, drawText, ink, makeRoom, measure, type Page } from './pdf-page.ts';

export type Field = [label: string, value: string | undefined];

const PADDING = 14;
const LABEL = 110;
const QR = 96;
const QR_LONGEST = 300; // characters: beyond it the squares get too small to scan on paper

/** Draws a tinted box with a heading, labelled values and on the right a QR code of the URL; it never splits over two pages. Returns the y below. */
export function drawBox(page: Page, y: number, heading: string, fields: Field[], qr?: { url: string | undefined; alt: string }): number {
  const { doc, root, left, width, printable } = page;
  const squares = qr?.url === undefined || qr.url.length > QR_LONGEST ? undefined : encode(qr.url, { ecc: 'M', border: 0 }).data;
  const valueWidth = width - LABEL - 2 * PADDING - (squares ? QR + PADDING : 0);
  const rows = fields.flatMap(([label, value]) => (value ? [{ label, value: printable(value, 300) }] : []));
  const heights = rows.map(({ label, value }) => Math.max(measure(page, label, LABEL - 8), measure(page, value, valueWidth)) + 2);
  const textHeight = 40 + heights.reduce((sum, height) => sum + height, 0);
  const height = squares ? Math.max(textHeight, QR + 2 * PADDING) : textHeight;

  const top = makeRoom(page, y, height);
  drawArtifact(page, () => doc.roundedRect(left, top, width, height, 6).fill(ink.tint));
  let rowY = drawText(page, root, 'H2', heading, { x: left + PADDING, y: top + 12, width: valueWidth }, { size: 10, bold: true }) + 4;
  for (const [i, { label, value }] of rows.entries()) {
    const field = addGroup(page, root, 'Div');
    drawText(page, field, 'P', label, { x: left + PADDING, y: rowY, width: LABEL - 8 }, { colour: ink.soft });
    drawText(page, field, 'P', value, { x: left + PADDING + LABEL, y: rowY, width: valueWidth });
    rowY += heights[i] ?? 0;
  }
  if (squares && qr) drawFigure(page, qr.alt, () => drawQr(page, squares, left + width - PADDING - QR, top + PADDING));
  return top + height;
}

/** Black on white with the quiet zone of four squares that scanners need; one path, so that no hairlines show between the squares. */
function drawQr({ doc }: Page, squares: boolean[][], x: number, y: number): void {
  const side = QR / (squares.length + 8);
  doc.rect(x, y, QR, QR).fill('#ffffff');
  for (const [row, line] of squares.entries())
    for (const [column, dark] of line.entries()) if (dark) doc.rect(x + (column + 4) * side, y + (row + 4) * side, side, side);
  doc.fill('#000000');
}
