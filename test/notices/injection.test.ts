import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encrypt } from '#ground/db/encryption.ts';
import { composeMail } from '#ground/notify/compose-mail.ts';
import { addWhereFree, toSmsText } from '#ground/notify/to-sms-text.ts';
import { cleanName, cleanNote } from '#sacco/notices/clean-words.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { chargePenalty, mailsTo, makeTreasurer, promiseDigest, putLoan, smsTo, tell } from './telling.ts';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '</title><style>*{display:none}</style>',
  'Achieng\r\nBcc: victim@example.com',
  'Achieng\nYour PIN please: http://evil.example/x',
  'Achieng\u2028evil.example\u0085X\u000bZ\u0000',
  'evil.co.ke/x?y=1',
  'https://evil.example',
  'www.evil.example',
  'evil。example and evil．example',
  'see 10.0.0.1/x or bit.ly/2x',
  'mail me@evil.example',
  'javascript:alert(1)',
  'tel:+254700000000 *334# 0722000000',
  '\u202Egpj.exe\u2066\u200b\ufeff',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of someone else
  '{{secret}} {{{secret}}} ${secret} <%= secret %> -name-',
  `${'W'.repeat(5000)}`,
  `a${'\u0301'.repeat(500)}`,
  '☕👩🏾‍🌾🇰🇪',
  '\ud800',
  '`=`',
  '=cmd|"/c calc"!A1',
  '',
];

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
const UNSEEN = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\ufeff]/;
/** What phones and mail programs show as a link or a number to call; ours are taken out before. */
const LINK = /\w:\/\/|www\.\w|[a-z0-9-]\.[a-z]{2,}|\d\.\d+\.\d|\w@\w|\*\d+#/i;
const GSM = /^[@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà]*$/;
const tags = (page: string) => page.match(/<[^>]*>/g) ?? [];

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { NOTICES_PER_DAY: '1000' } });
});
afterAll(() => world.stop());

const withoutOurs = (text: string) =>
  text.replaceAll(new RegExp(`${world.siteUrl}/(messages|pay\\?reference=LN-\\w{8}&amount=\\d+)`, 'g'), '');

describe.each(HOSTILE)('%j', (hostile) => {
  test('as a member’s name and in a note, it adds no line, link or markup to any message', async () => {
    const email = `m${HOSTILE.indexOf(hostile)}@example.com`;
    const treasurer = await makeTreasurer(world, `t${HOSTILE.indexOf(hostile)}@example.com`);
    const member = await makeMember(world, { name: hostile, email });
    const loan = await makeLoan(world, { member, disbursedOn: '2026-11-14' });
    await tell(world, 'loan_disbursed', loan.id, member, true);
    await chargePenalty(world, loan, { on: '2026-11-21', days: 1 });
    await promiseDigest(world, member, '2026-11-21');
    const refused = await makeLoan(world, { member });
    await putLoan(world, refused, 'rejected', { note: encrypt(hostile, 'decision_note') });
    await tell(world, 'loan_rejected', refused.id, member, true);
    await world.pass(1);
    await world.database.sql("update people set role = 'member' where role = 'treasurer'");

    const texts = [...smsTo(world, member), ...smsTo(world, treasurer)];
    expect(texts).toHaveLength(5);
    for (const text of texts) {
      expect(text).not.toMatch(UNSEEN);
      expect(text).not.toContain('\n');
      expect(text).toMatch(GSM);
      expect(withoutOurs(text)).not.toMatch(LINK);
      expect(text.length).toBeLessThanOrEqual(306);
      expect(text).toMatch(/LN-\w{8}/);
    }
    const mails = [...mailsTo(world, email), ...mailsTo(world, `t${HOSTILE.indexOf(hostile)}@example.com`)];
    expect(mails).toHaveLength(5);
    for (const { subject, text = '', html = '' } of mails) {
      expect(subject).not.toMatch(/\n/);
      for (const part of [subject, text, html]) expect(part).not.toMatch(UNSEEN);
      expect(withoutOurs(text)).not.toMatch(LINK);
      expect(html.replace(/<style>.*<\/style>/, '')).not.toMatch(/[{}]/);
      expect(tags(html).filter((tag) => /script|img|onerror|onmouse|iframe/i.test(tag))).toEqual([]);
      expect(tags(html).filter((tag) => tag.startsWith('<style'))).toHaveLength(1);
      expect(text.split('\n').length).toBeLessThan(20);
    }
  });
});

describe('clean words', () => {
  test.each([
    ["Ng'ang'a Wanjikũ-Otieno", "Ng'ang'a Wanjikũ-Otieno"],
    ['  Mary   Ann ', 'Mary Ann'],
    ['St. John', 'St John'],
    ['Call 0722000000 to win', 'Call to win'],
  ])('the name %j is %j', (name, cleaned) => expect(cleanName(name)).toBe(cleaned));

  test.each([
    ['Salary slip missing. Bring KES 1,500.50 at 10', 'Salary slip missing. Bring KES 1,500.50 at 10'],
    ['see evil.example/x', 'see evil. example/ x'],
    ['http://evil.example', 'http: / / evil. example'],
    ['10.0.0.1', '10. 0. 0.1'],
    ['line one\nline two', 'line one line two'],
  ])('the note %j is %j', (note, cleaned) => expect(cleanNote(note)).toBe(cleaned));
});

describe('an SMS', () => {
  test('loses the marks that GSM does not know, keeps those it does, and drops what it cannot write', () => {
    expect(toSmsText(['Wanjikũ Müller “ok” – 1… [a] ☕ العربية'], 160).text).toBe('Wanjiku Müller "ok" - 1... (a)');
  });
  test('leaves out the parts that it has no room for, and says which', () => {
    expect(toSmsText(['one', 'twotwotwo', 'six'], 8)).toEqual({ text: 'one six', said: [true, false, true] });
  });
  test.each([
    [150, 9, true],
    [150, 10, false],
    [165, 140, true],
    [165, 141, false],
  ])('of %i letters gets an ending of %i only where that is no further SMS', (length, more, fits) => {
    const text = 'x'.repeat(length);
    expect(addWhereFree(text, 'y'.repeat(more))).toBe(fits ? `${text} ${'y'.repeat(more)}` : text);
  });
});

test('a mail leads to pages of the web only', () => {
  const letter = { subject: 's', paragraphs: [{ text: 't', link: { label: 'l', url: 'javascript:alert(1)' } }] };
  const around = { name: '', language: 'en' as const, organisation: { name: 'O', colour: '#0b7a3b' }, stopUrl: undefined };
  const { text, html } = composeMail(letter, around);
  expect(text).toBe('Hello,\n\nt\n\nO\nYou get this e-mail because of your account with O.\n');
  expect(html).not.toContain('href');
});
