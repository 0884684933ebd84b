import { expect, test } from 'vitest';
import { parseConfig } from '#ground/config/config.ts';
import { parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { readConfirmation } from '#mpesa/paybill/settle-confirmation.ts';
import { goodEnvironment } from '../going-live/patient.ts';
import { noticeBody } from './paybill.ts';

const config = parseConfig(goodEnvironment());
const HEARD = new Date('2026-11-21T09:00:00Z');

test.each([
  ['of a minute ago', '20261121115900', '2026-11-21T08:59:00.000Z'],
  ['of three days ago', '20261118120000', '2026-11-18T09:00:00.000Z'],
  ['of longer ago than that', '20261101120000', '2026-11-18T09:00:00.000Z'],
  ['that has not come', '20261121120100', '2026-11-21T09:00:00.000Z'],
  ['that cannot be read', 'noon', '2026-11-21T09:00:00.000Z'],
])('the value date of money that is told with a time %s', (_, TransTime, movedAt) => {
  const body = noticeBody({ TransTime, BusinessShortCode: config.mpesa.shortcode });
  expect(readConfirmation({ config }, parseC2bNotice(body), body, HEARD)).toMatchObject({ movedAt: new Date(movedAt) });
});
