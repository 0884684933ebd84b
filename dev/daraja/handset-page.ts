import { wellKnownPhonesTable } from './home-page.ts';
import { escapeHtml, htmlPage } from './page-frame.ts';
import { phoneNumber } from './phone-number.ts';
import type { Answer } from './wire.ts';

/** The handset: of one phone, or, without one, of whichever phone rings. The script fills it from /simulator/handset. */
export function handsetPage(phone: string | null, shortcode: string): Answer {
  if (phone !== null && !phoneNumber.safeParse(phone).success) return unknownPhonePage(phone);
  return htmlPage(
    phone ? `Handset ${phone}` : 'Handset',
    `<h1>${phone ? 'Handset' : 'Handsets'}</h1>
<section id="handset" class="handset" aria-label="Phone" data-phone="${escapeHtml(phone ?? '')}">
  <p class="number"><span id="number">${escapeHtml(phone ?? 'Waiting for a request')}</span> <span id="balance"></span></p>
  <p id="status" role="status" tabindex="-1">No request on this phone.</p>
  <form id="prompt" hidden>
    <p id="prompt-text"></p>
    <label for="pin">M-PESA PIN <small>(any four digits; 0000 is a wrong one)</small></label>
    <input id="pin" name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="4" pattern="[0-9]{4}" required aria-describedby="problem">
    <p id="problem" class="problem" role="alert"></p>
    <p class="buttons"><button type="button" data-outcome="cancelled">Cancel</button> <button type="submit">Send</button></p>
    <details><summary>What else can happen</summary>
      <p class="buttons"><button type="button" data-outcome="insufficient-funds">No balance</button>
      <button type="button" data-outcome="unreachable">Cannot be reached</button>
      <button type="button" data-outcome="no-answer">Time out now</button></p>
      <p>Or do nothing: the request times out in <span id="seconds"></span> s.</p>
    </details>
  </form>
  <details id="lipa"><summary>Lipa na M-PESA: Pay Bill</summary>
  <form id="pay-bill">
    <label for="pay-phone">Phone</label>
    <input id="pay-phone" name="phone" inputmode="numeric" autocomplete="off" value="${escapeHtml(phone ?? '')}" placeholder="254712345678" pattern="254[17][0-9]{8}" required>
    <label for="pay-shortcode">Business number</label>
    <input id="pay-shortcode" name="shortcode" inputmode="numeric" autocomplete="off" value="${escapeHtml(shortcode)}" pattern="[0-9]{5,7}" required>
    <label for="pay-account">Account number</label>
    <input id="pay-account" name="account" autocomplete="off" maxlength="20">
    <label for="pay-amount">Amount (KES)</label>
    <input id="pay-amount" name="amountShillings" type="number" inputmode="numeric" min="1" max="250000" step="1" required>
    <label for="pay-pin">M-PESA PIN</label>
    <input id="pay-pin" name="pin" type="password" inputmode="numeric" autocomplete="off" maxlength="4" pattern="[0-9]{4}" required aria-describedby="pay-result">
    <p id="pay-result" role="status"></p>
    <p class="buttons"><button type="submit">Pay</button></p>
  </form></details>
  <h2>Messages</h2>
  <ol id="messages" class="messages" aria-live="polite"></ol>
</section>
<section aria-labelledby="ringing-title"><h2 id="ringing-title">Phones with a request</h2>
<ul id="ringing"><li>None. Send an STK push to any phone.</li></ul>
<noscript><p class="problem">This page needs JavaScript to show requests as they come.</p></noscript>
<h2>Phones that answer by themselves</h2>
${wellKnownPhonesTable()}</section>`,
    '/pages/handset.js',
  );
}

const unknownPhonePage = (phone: string): Answer => ({
  ...htmlPage(
    'No such phone',
    `<h1>No such phone</h1><p>“${escapeHtml(phone)}” is not a phone as Daraja writes it: 2547XXXXXXXX or 2541XXXXXXXX.</p><p><a href="/handset">All handsets</a></p>`,
  ),
  status: 404,
});
