import { fromNairobiTimestamp } from '../daraja/nairobi-timestamp.ts';
import type { Cell } from './rows.ts';

const DAY_FIRST = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?$/;
const YEAR_FIRST = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d+)?)?$/;
const DAY_MS = 24 * 60 * 60 * 1000;
const SERIAL_ZERO = Date.UTC(1899, 11, 30);
const SERIALS = { from: 36_526, to: 73_050 }; // the years 2000 to 2099

const two = (text: string | number) => String(text).padStart(2, '0');

function build(year: string, month: string, day: string, time: string): Date | undefined {
  return fromNairobiTimestamp(`${year}${two(month)}${two(day)}${time}`);
}

/**
 * A moment of a Nairobi clock as statements write it (`28-11-2026 23:05:00`, `28/11/2026 23:05`, `2026-11-28 23:05:00`, a workbook's number), day before month;
 * `swapped` is the moment with day and month exchanged. Each is absent when no such moment exists.
 */
export function readClock(cell: Cell): { at?: Date; swapped?: Date } {
  const text = typeof cell === 'number' ? fromSerial(cell) : (cell ?? '').trim();
  const dayFirst = DAY_FIRST.exec(text);
  const [year = '', month = '', day = ''] = dayFirst ? [dayFirst[3], dayFirst[2], dayFirst[1]] : (YEAR_FIRST.exec(text)?.slice(1) ?? []);
  if (!year) return {};
  const [hour = '0', minute = '00', second = '00'] = (dayFirst ?? YEAR_FIRST.exec(text) ?? []).slice(4);
  const time = `${two(hour)}${minute}${second}`;
  const at = build(year, month, day, time);
  const swapped = build(year, day, month, time);
  return { ...(at && { at }), ...(swapped && { swapped }) };
}

/** A workbook counts days since 30 December 1899; the fraction is the time, to the second. */
function fromSerial(serial: number): string {
  if (!(serial >= SERIALS.from && serial < SERIALS.to)) return '';
  return new Date(SERIAL_ZERO + Math.round(serial * (DAY_MS / 1000)) * 1000).toISOString().slice(0, 19);
}
