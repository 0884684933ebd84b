const WORDS = {
  en: {
    skip: 'Skip to payment',
    items: 'What we sell',
    checkout: 'Pay with M-PESA',
    total: 'Total',
    vat: 'Prices include VAT. M-PESA takes whole shillings: what you pay is rounded up.',
    phone: 'M-PESA phone number',
    name: 'Name on the invoice',
    email: 'E-mail for the invoice',
    pay: 'Pay {amount}',
    requesting: 'Sending request…',
    each: '{price} each',
    fewer: 'One less: {name}',
    more: 'One more: {name}',
    quantity: 'Quantity: {name}',
    donation: 'Your gift in shillings ({min} to {max})',
    donationProblem: 'Give a whole number of shillings from {min} to {max}.',
    noItems: 'The price list could not be read. Check your connection and load this page again.',
    emptyBasket: 'Put something into the basket first.',
    phoneProblem: 'Enter a Safaricom number like 0712 345 678.',
    emailProblem: 'Enter an e-mail address like wanjiku@example.com.',
    unsent: 'We could not reach the shop. Check your connection and press again: you will not be asked to pay twice.',
    waitingTitle: 'Check your phone.',
    waiting: 'Enter your M-PESA PIN to pay {amount} to {shop}. Sent to {phone}.',
    left: '{time} left',
    spokenLeft: '{seconds} seconds left',
    late: 'No prompt? Unlock your phone and keep it on.',
    resumingTitle: 'Looking up your payment…',
    unknownTitle: 'We have not had an answer yet.',
    unknown: 'If you entered your PIN, do not pay again; we are checking.',
    resend: 'If you saw no request on your phone, you can have it sent again:',
    offlineTitle: 'You are offline.',
    offline: 'Your payment is still being checked.',
    paidTitle: 'Paid. Thank you.',
    paid: '{amount} to {shop}.',
    code: 'M-PESA code',
    copy: 'Copy',
    copied: 'Copied',
    invoice: 'Invoice (PDF)',
    check: 'Check again',
    again: 'New purchase',
    failedTitle: 'Not paid',
    expiredTitle: 'The request expired',
    returnedTitle: 'The money was returned',
    local: 'On this machine:',
    handset: 'Handset (enter the PIN here)',
    inbox: 'Mail inbox',
  },
  sw: {
    skip: 'Nenda kwenye malipo',
    items: 'Tunachouza',
    checkout: 'Lipa kwa M-PESA',
    total: 'Jumla',
    vat: 'Bei ni pamoja na VAT. M-PESA hupokea shilingi kamili: unacholipa huongezwa hadi shilingi kamili.',
    phone: 'Nambari ya simu ya M-PESA',
    name: 'Jina kwenye ankara',
    email: 'Barua pepe ya kupokea ankara',
    pay: 'Lipa {amount}',
    requesting: 'Inatuma ombi…',
    each: '{price} kila moja',
    fewer: 'Punguza moja: {name}',
    more: 'Ongeza moja: {name}',
    quantity: 'Idadi: {name}',
    donation: 'Mchango wako kwa shilingi ({min} hadi {max})',
    donationProblem: 'Toa shilingi kamili kuanzia {min} hadi {max}.',
    noItems: 'Orodha ya bei haikupatikana. Angalia mtandao wako kisha ufungue ukurasa huu tena.',
    emptyBasket: 'Weka kitu kwenye kikapu kwanza.',
    phoneProblem: 'Weka nambari ya Safaricom kama 0712 345 678.',
    emailProblem: 'Weka barua pepe kama wanjiku@example.com.',
    unsent: 'Hatukuweza kufikia duka. Angalia mtandao wako kisha ubonyeze tena: hutaombwa kulipa mara mbili.',
    waitingTitle: 'Angalia simu yako.',
    waiting: 'Weka PIN yako ya M-PESA kulipa {amount} kwa {shop}. Imetumwa kwa {phone}.',
    left: 'Zimebaki {time}',
    spokenLeft: 'Zimebaki sekunde {seconds}',
    late: 'Hujaona ombi? Fungua simu yako na uiache ikiwa imewashwa.',
    resumingTitle: 'Tunatafuta malipo yako…',
    unknownTitle: 'Bado hatujapata jibu.',
    unknown: 'Kama umeweka PIN, usilipe tena; tunaangalia.',
    resend: 'Kama hukuona ombi kwenye simu yako, unaweza kutumiwa tena:',
    offlineTitle: 'Huna mtandao.',
    offline: 'Malipo yako bado yanaangaliwa.',
    paidTitle: 'Umelipa. Asante.',
    paid: '{amount} kwa {shop}.',
    code: 'Nambari ya M-PESA',
    copy: 'Nakili',
    copied: 'Imenakiliwa',
    invoice: 'Ankara (PDF)',
    check: 'Angalia tena',
    again: 'Nunua tena',
    failedTitle: 'Malipo hayajakamilika',
    expiredTitle: 'Ombi limekwisha muda',
    returnedTitle: 'Pesa zimerudishwa',
    local: 'Kwenye kompyuta hii:',
    handset: 'Simu (weka PIN hapa)',
    inbox: 'Barua pepe zilizopokelewa',
  },
};

/** Refusals that a customer can do something about, by the code of the problem. */
const REFUSALS = {
  en: {
    prompt_open: 'A payment request is open on this phone. Answer it, or try again in a minute.',
    still_checking: 'We are still asking M-PESA about the last request. Wait a moment and try again.',
    too_many_prompts: 'This phone has had too many payment requests. Try again in ten minutes.',
    too_many_requests: 'Too many payment requests from your network. Try again in an hour.',
    daily_cap: 'The shop takes no more payments today. Try again tomorrow.',
    amount_out_of_range: 'This amount cannot be paid at once with M-PESA.',
    other: 'The request was not accepted. Try again shortly.',
  },
  sw: {
    prompt_open: 'Kuna ombi la malipo kwenye simu hii. Lijibu, au ujaribu tena baada ya dakika moja.',
    still_checking: 'Bado tunauliza M-PESA kuhusu ombi la mwisho. Subiri kidogo ujaribu tena.',
    too_many_prompts: 'Simu hii imepata maombi mengi ya malipo. Jaribu tena baada ya dakika kumi.',
    too_many_requests: 'Maombi mengi ya malipo yametoka kwenye mtandao wako. Jaribu tena baada ya saa moja.',
    daily_cap: 'Duka halipokei malipo zaidi leo. Jaribu tena kesho.',
    amount_out_of_range: 'Kiasi hiki hakiwezi kulipwa kwa M-PESA mara moja.',
    other: 'Ombi halikukubaliwa. Jaribu tena baadaye.',
  },
};

let language = 'en';

/** The language that the page speaks. */
export const currentLanguage = () => language;

/** What to say, in the language of the page. */
export function say(word, values = {}) {
  return WORDS[language][word].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** What a refusal means to a customer, in the language of the page. */
export const sayRefusal = (code) => REFUSALS[language][code] ?? REFUSALS[language].other;

/** An amount of money as people read it. */
export const money = (shillings) =>
  `KES ${shillings.toLocaleString('en', { minimumFractionDigits: shillings % 1 === 0 ? 0 : 2, maximumFractionDigits: 2 })}`;

/** Speaks another language from now on, also in everything that stands on the page already. */
export function speak(next) {
  language = WORDS[next] ? next : 'en';
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll('[data-words]')) element.textContent = say(element.dataset.words);
  for (const button of document.querySelectorAll('[data-language]'))
    button.setAttribute('aria-pressed', button.dataset.language === language);
}
