import { expect, it } from 'vitest';
import { readMoment } from '#mpesa/daraja/read-moment.ts';

it.each([
  ['20240629184302', '2024-06-29T15:43:02Z'],
  ['17.02.2023 16:49:42', '2023-02-17T13:49:42Z'],
  ['2020-08-05 10:13:00', '2020-08-05T07:13:00Z'],
  ['2020-08-05T10:13:00Z', '2020-08-05T10:13:00Z'],
  ['2020-08-05T10:13:00.123Z', '2020-08-05T10:13:00Z'],
  ['17.02.2023 16:49:42 UTC', '2023-02-17T16:49:42Z'],
])('%s is %s', (text, moment) => {
  expect(readMoment(text)).toEqual(new Date(moment));
});

it.each(['', 'now', '31.02.2023 10:00:00', '20241329184302', '2024-06-29', '17/02/2023 16:49:42', '20240629184302 ago'])(
  '"%s" is no moment',
  (text) => {
    expect(readMoment(text)).toBeUndefined();
  },
);
