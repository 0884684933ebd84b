import { addGroup, type Box, drawArtifact, drawText, ink, makeRoom, measure, type Page, type Struct, type TextStyle } from './pdf-page.ts';

export type Column = { title: string; width: number; align?: 'left' | 'right' };

const PADDING = 6;

/**
 * Draws a table with rows as high as their longest cell and returns the y below it. A row never splits; a new page repeats the header row, which is a header to
 * a screen reader only the first time.
 */
export function drawTable(page: Page, at: { x: number; y: number }, columns: Column[], rows: string[][]): number {
  const { doc } = page;
  const width = columns.reduce((sum, column) => sum + column.width, 0);
  const table = addGroup(page, page.root, 'Table');
  const titles = columns.map((column) => column.title);
  const headerHeight = heightOf(page, columns, titles, headerStyle);

  const drawHeader = (y: number, cell: (text: string, box: Box, style: TextStyle) => void) => {
    drawArtifact(page, () => doc.rect(at.x, y, width, headerHeight).fill(ink.tint));
    drawCells(at.x, y, columns, titles, headerStyle, cell);
    return y + headerHeight;
  };

  let y = makeRoom(page, at.y, headerHeight + heightOf(page, columns, rows[0] ?? [], {})); // never a header alone at the foot of a page
  const head = addGroup(page, table, 'TR');
  y = drawHeader(y, (text, box, style) => drawText(page, head, 'TH', text, box, style));

  for (const cells of rows) {
    const height = heightOf(page, columns, cells, {});
    const top = makeRoom(page, y, height);
    y = top < y ? drawHeader(top, (text, box, style) => drawText(page, 'artifact', 'TH', text, box, style)) : y;
    const row: Struct = addGroup(page, table, 'TR');
    drawCells(at.x, y, columns, cells, {}, (text, box, style) => drawText(page, row, 'TD', text, box, style));
    y += height;
    const bottom = y;
    drawArtifact(page, () =>
      doc
        .moveTo(at.x, bottom)
        .lineTo(at.x + width, bottom)
        .lineWidth(0.5)
        .stroke(ink.line),
    );
  }
  table.end();
  return y;
}

const headerStyle: TextStyle = { size: 8.5, bold: true, colour: ink.soft };

const styleOf = ({ align = 'left' }: Column, style: TextStyle): TextStyle => ({ ...style, align, figures: align === 'right' });

const heightOf = (page: Page, columns: Column[], cells: string[], style: TextStyle) =>
  2 * PADDING -
  2 +
  Math.max(...columns.map((column, i) => measure(page, cells[i] ?? '', column.width - 2 * PADDING, styleOf(column, style))));

function drawCells(
  x: number,
  y: number,
  columns: Column[],
  cells: string[],
  style: TextStyle,
  draw: (text: string, box: Box, style: TextStyle) => void,
): void {
  let left = x;
  for (const [i, column] of columns.entries()) {
    draw(cells[i] ?? '', { x: left + PADDING, y: y + PADDING, width: column.width - 2 * PADDING }, styleOf(column, style));
    left += column.width;
  }
}
