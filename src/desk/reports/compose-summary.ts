import { kes } from '#ground/money/cents.ts';
import { cleanLine } from '#ground/notify/clean-line.ts';
import { frameMail, html, printHtml } from '#ground/notify/html.ts';
import type { Language } from '#ground/text/language.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import type { Summary } from './read-daily-summary.ts';
import { SUMMARY_WORDS, type SummaryWords } from './summary-words.ts';

/** What a summary is made of: the figures of its day, if there are any, and how it stands now. */
type Facts = {
  on: Day;
  day: Summary | undefined;
  floats: { shortcode: string; available: number; forecast: { lastsUntil: Day | null } }[];
  tasks: { openTasks: number; oldestTaskAt: Date | null };
};

type Around = { language: Language; organisation: { name: string; colour: string } };
type Line = { label: string; value: string };

const MOST_REASONS = 3;

/** The mail with the figures of a day: a subject of one line, and a text and an HTML part that say the same. */
export function composeSummary(facts: Facts, { language, organisation }: Around): { subject: string; text: string; html: string } {
  const words = SUMMARY_WORDS[language];
  const from = cleanLine(organisation.name, 60);
  const title = words.title(printDay(facts.on, words));
  const isQuiet = !facts.day || facts.day.movements + facts.day.paymentsCreated + facts.day.payouts === 0;
  const lines = [...(facts.day ? ofDay(facts.day, words) : []), ...ofNow(facts, words)];
  const quiet = isQuiet ? [words.quiet] : [];
  const ending = words.because(from);
  return {
    subject: cleanLine(`${from}: ${title}`, 150),
    text: [title, '', ...quiet, ...lines.map(({ label, value }) => `${label}: ${value}`), '', from, ending, ''].join('\n'),
    html: printHtml(
      frameMail(
        { title, language, colour: organisation.colour },
        html`${quiet.map((text) => html`<p class="text" style="margin:0 0 12px;color:#1a1a1a">${text}</p>\n`)}<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
${lines.map(
  ({
    label,
    value,
  }) => html`<tr><th scope="row" class="text" align="left" style="padding:8px 12px 8px 0;border-bottom:1px solid #d5dad7;font-weight:normal;color:#1a1a1a;vertical-align:top;width:45%">${label}</th><td class="text" style="padding:8px 0;border-bottom:1px solid #d5dad7;font-weight:bold;color:#1a1a1a;vertical-align:top">${value}</td></tr>
`,
)}</table>
<p class="text" style="margin:24px 0 0;color:#1a1a1a">${from}</p>
<p class="text" style="margin:4px 0 0;font-size:13px;color:#59625b">${ending}</p>`,
      ),
    ),
  };
}

function ofDay(day: Summary, words: SummaryWords): Line[] {
  const line = (label: string, value: string, isSaid = true): Line[] => (isSaid ? [{ label, value }] : []);
  const ofThese = (part: number, whole: number, percent: number | null) =>
    words.ofThese(part, whole, `${(percent ?? 0).toLocaleString(words.locale)} %`);
  const seconds = (value: number | null) => (value ?? 0).toLocaleString(words.locale, { maximumFractionDigits: 0 });
  const reasons = day.failures.slice(0, MOST_REASONS).map(({ reason, prompts }) => {
    return `${prompts} × ${words.reasons[reason as keyof typeof words.reasons] ?? reason}`;
  });
  return [
    ...line(words.received, words.inPayments(shown(day.received), day.movements), day.movements > 0),
    ...line(words.unproved, `${day.unproved}`, day.unproved > 0),
    ...line(words.found, `${day.recovered}`, day.recovered > 0),
    ...line(words.revenue, words.withVat(shown(day.revenue), shown(day.vat)), day.revenue !== 0 || day.vat !== 0),
    ...line(words.payments, ofThese(day.paymentsPaid, day.paymentsCreated, day.ofCreatedPercent), day.paymentsCreated > 0),
    ...line(words.prompts, ofThese(day.promptsPaid, day.promptsAccepted, day.ofAcceptedPercent), day.promptsAccepted > 0),
    ...line(words.time, words.within(seconds(day.medianSeconds), seconds(day.p95Seconds)), day.medianSeconds !== null),
    ...line(words.failures, reasons.join('; '), reasons.length > 0),
    ...line(words.paidOut, words.inPayouts(shown(day.paidOut), day.payouts), day.payouts > 0),
    ...line(words.messages, words.sent(day.sms, day.emails), day.sms + day.emails > 0),
  ];
}

const ofNow = ({ floats, tasks }: Facts, words: SummaryWords): Line[] => [
  ...floats.map(({ shortcode, available, forecast: { lastsUntil } }) => ({
    label: words.float(shortcode),
    value: words.lasts(shown(available), lastsUntil === null ? undefined : printDay(lastsUntil, words)),
  })),
  {
    label: words.tasks,
    value: words.waiting(tasks.openTasks, tasks.oldestTaskAt ? printDay(nairobiDay(tasks.oldestTaskAt), words) : undefined),
  },
];

const printDay = (day: Day, { locale }: SummaryWords): string =>
  new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'full' }).format(new Date(day));

/** Shillings as people read them. */
const shown = (amount: number): string => kes(BigInt(Math.round(amount * 100)));
