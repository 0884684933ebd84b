import { operations } from './control-api.ts';
import type { Network } from './network.ts';
import { escapeHtml, htmlPage } from './page-frame.ts';
import { routes } from './routes.ts';
import { wellKnownPhones } from './well-known-phones.ts';
import type { Answer } from './wire.ts';

/** The front page: what to put into an application, which phones do what, and how to steer. */
export function homePage(network: Network, origin: string): Answer {
  const { merchant } = network;
  const settings = [
    ['Base URL', origin],
    ['Consumer key', merchant.consumerKey],
    ['Consumer secret', merchant.consumerSecret],
    ['Short code', merchant.shortcode],
    ['Till number', merchant.tillNumber ?? 'none (till payments are refused)'],
    ['Further paybills', merchant.otherShortcodes.join(', ') || 'none'],
    ['Further tills', merchant.otherTills.join(', ') || 'none'],
    ['Passkey', merchant.passkey],
    ['Short code that pays out', merchant.b2cShortcode],
    ['Initiator name', merchant.initiatorName],
    ['Initiator password', merchant.initiatorPassword],
  ] as const;
  return htmlPage(
    'M-PESA simulator',
    `<h1>M-PESA simulator</h1>
<p>Answers as Safaricom’s Daraja does, on this machine only. No money moves. Send an STK push here, then answer it on the <a href="/handset">handset</a>, or pay the paybill there.</p>
<h2>Settings for your application</h2>
<dl>${settings.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd><code>${escapeHtml(value)}</code></dd>`).join('')}</dl>
<p>Encrypt the initiator password with the simulator’s own <a href="/certificate.pem" download>certificate</a>: Safaricom’s does not fit.</p>
<h2>Phones that answer by themselves</h2>
<p>Every other phone waits for a person at the handset.</p>
${wellKnownPhonesTable()}
<h2>Phones that are paid in a special way (B2C)</h2>
<p>Every other phone is paid at once, if balance and limits allow it.</p>
${payoutsTable()}
<h2>Statement</h2>
<p>What the organisation’s portal exports of an account. Without dates: of today.</p>
${statementForm(network)}
<h2>Daraja</h2>
<ul>${routes.map(({ method, path }) => `<li><code>${method} ${escapeHtml(path)}</code></li>`).join('')}</ul>
<h2>Steering</h2>
<table><thead><tr><th scope="col">Request</th><th scope="col">Does</th></tr></thead><tbody>
${operations.map(({ method, path, does }) => `<tr><td><code>${method} ${escapeHtml(path.replace('/:', '/…'))}</code></td><td>${escapeHtml(does)}</td></tr>`).join('\n')}
</tbody></table>`,
  );
}

function statementForm(network: Network): string {
  const { shortcode, b2cShortcode, otherShortcodes, tillNumber, otherTills } = network.merchant;
  const numbers = new Set([shortcode, b2cShortcode, ...otherShortcodes, ...(tillNumber === null ? [] : [tillNumber]), ...otherTills]);
  const options = (values: Iterable<string>) => [...values].map((value) => `<option>${escapeHtml(value)}</option>`).join('');
  return `<form action="/statement" method="get">
  <label for="statement-shortcode">Business number</label>
  <select id="statement-shortcode" name="shortcode">${options(numbers)}</select>
  <label for="statement-account">Account</label>
  <select id="statement-account" name="account">${options(['utility', 'settlement', 'working', 'charges'])}</select>
  <label for="statement-from">From</label>
  <input id="statement-from" name="from" type="date">
  <label for="statement-to">To</label>
  <input id="statement-to" name="to" type="date">
  <label for="statement-layout">Layout</label>
  <select id="statement-layout" name="layout">${options(['V1', 'V1a', 'V2'])}</select>
  <label for="statement-format">Format</label>
  <select id="statement-format" name="format">${options(['csv', 'xls', 'xlsx'])}</select>
  <p class="buttons"><button type="submit">Download</button></p>
</form>`;
}

const payoutsTable = () => `<table><thead><tr><th scope="col">Phone</th><th scope="col">What happens</th></tr></thead><tbody>
${wellKnownPhones.map(({ phone, payout }) => (payout ? `<tr><td><a href="/handset/${phone}">${phone}</a></td><td>${escapeHtml(payout.does)}</td></tr>\n` : '')).join('')}
</tbody></table>`;

/** The table of well-known phones, each with a link to its handset. */
export const wellKnownPhonesTable =
  (): string => `<table><thead><tr><th scope="col">Phone</th><th scope="col">What it does</th></tr></thead><tbody>
${wellKnownPhones.map(({ phone, does }) => `<tr><td><a href="/handset/${phone}">${phone}</a></td><td>${escapeHtml(does)}</td></tr>`).join('\n')}
</tbody></table>`;
