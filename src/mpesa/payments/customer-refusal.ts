import { AppError, type ErrorCode } from '#ground/errors.ts';
import { kes } from '#ground/money/cents.ts';

type Words = { en: string; sw: string };

/** The customer's words for a refusal, by its code. Some of them name amounts that stand in the refusal's `extra`. */
const WORDS: Partial<Record<ErrorCode, Words | ((extra: Record<string, unknown>) => Words)>> = {
  amount_mismatch: ({ owed }) => ({
    en: `The price is ${printed(owed)}. Check it before you pay.`,
    sw: `Bei ni ${printed(owed)}. Iangalie tena kabla ya kulipa.`,
  }),
  amount_out_of_range: ({ owed }) => ({
    en: `${printed(owed)} cannot be paid in one M-PESA payment here.`,
    sw: `${printed(owed)} haziwezi kulipwa kwa malipo moja ya M-PESA hapa.`,
  }),
  donation_out_of_range: ({ min, max }) => ({
    en: `Give between ${printed(min)} and ${printed(max)}.`,
    sw: `Toa kati ya ${printed(min)} na ${printed(max)}.`,
  }),
  donation_amount_required: {
    en: 'Say how much you want to give, in whole shillings.',
    sw: 'Andika unataka kutoa shilingi ngapi, bila senti.',
  },
  unknown_item: ({ kind }) =>
    kind === 'booking_fee'
      ? {
          en: 'Something that you chose cannot be ordered: it is paid for by booking it.',
          sw: 'Kitu ulichochagua hakiagizwi: hulipiwa kwa kuweka nafasi.',
        }
      : kind
        ? { en: 'What you chose cannot be booked: order it instead.', sw: 'Kitu ulichochagua hakiwekewi nafasi: kiagize badala yake.' }
        : {
            en: 'Something that you chose is no longer sold. Load the page again.',
            sw: 'Kitu ulichochagua hakiuzwi tena. Fungua ukurasa upya.',
          },
  unknown_reference: {
    en: 'We do not know this reference: check it letter by letter.',
    sw: 'Hatuijui nambari hii ya kumbukumbu: isome tena, herufi kwa herufi.',
  },
  external_reference_used: {
    en: 'There is a payment for this order already. Check its status before you pay again.',
    sw: 'Tayari kuna malipo ya oda hii. Angalia hali yake kabla ya kulipa tena.',
  },
  payment_not_found: { en: 'We cannot find this payment. Start a new one.', sw: 'Hatuyapati malipo haya. Anza mapya.' },
  booking_not_found: { en: 'We cannot find this booking. Make a new one.', sw: 'Hatuipati nafasi hii. Weka nyingine.' },
  booking_expired: { en: 'This booking was not paid in time: make a new one.', sw: 'Nafasi hii haikulipiwa kwa wakati: weka nyingine.' },
  still_checking: {
    en: 'We are still asking M-PESA about your last request. Try again in a minute.',
    sw: 'Bado tunauliza M-PESA kuhusu ombi lako la mwisho. Jaribu tena baada ya dakika moja.',
  },
  request_in_flight: {
    en: 'Your request is on its way. Wait a moment, and do not pay twice.',
    sw: 'Ombi lako linatumwa. Subiri kidogo, na usilipe mara mbili.',
  },
  prompt_open: {
    en: 'A payment request is open on this phone: answer it, or try again in a minute.',
    sw: 'Kuna ombi la malipo kwenye simu hii: lijibu, au jaribu tena baada ya dakika moja.',
  },
  too_many_prompts: {
    en: 'This phone has had too many payment requests. Try again in ten minutes, or tomorrow.',
    sw: 'Simu hii imepata maombi mengi mno ya malipo. Jaribu tena baada ya dakika kumi, au kesho.',
  },
  too_many_bookings: {
    en: 'There were too many bookings with this e-mail address. Try again in ten minutes, or tomorrow, or leave the address out.',
    sw: 'Barua pepe hii imetumika kwa nafasi nyingi mno. Jaribu tena baada ya dakika kumi, au kesho, au usiandike barua pepe.',
  },
  too_many_requests: {
    en: 'There were too many payment requests or bookings from your network. Try again in an hour, or tomorrow.',
    sw: 'Maombi mengi mno ya malipo au ya nafasi yametoka kwenye mtandao wako. Jaribu tena baada ya saa moja, au kesho.',
  },
  daily_cap: {
    en: 'No more payment requests or bookings can be taken today. Try again tomorrow, or write to us.',
    sw: 'Leo hatuwezi kupokea maombi zaidi ya malipo wala ya nafasi. Jaribu tena kesho, au tuandikie.',
  },
  database_unreachable: {
    en: 'We cannot take payments at this moment. Try again in a minute or two.',
    sw: 'Hatuwezi kupokea malipo kwa sasa. Jaribu tena baada ya dakika moja au mbili.',
  },
};

/** What a customer can correct in their input, by field. */
const FIELDS: Record<string, Words> = {
  phoneNumber: {
    en: 'Enter a Safaricom number like 0712 345 678.',
    sw: 'Andika nambari ya Safaricom kama 0712 345 678.',
  },
  email: { en: 'Enter an e-mail address like wanjiku@example.com.', sw: 'Andika barua pepe kama wanjiku@example.com.' },
  amount: { en: 'Enter whole shillings from 1 to 250,000.', sw: 'Andika shilingi kamili kuanzia 1 hadi 250,000.' },
  name: { en: 'Enter your name in one line.', sw: 'Andika jina lako kwa mstari mmoja.' },
};

/** For refusals that are the page's fault, not its customer's. */
const PAGE_IS_WRONG = {
  en: 'This page could not ask for the payment. You have not been charged: load it again, or write to us.',
  sw: 'Ukurasa huu haukuweza kuomba malipo. Hujatozwa: ufungue upya, au tuandikie.',
};

/** Adds `customerMessage`, in the page's language, to a refusal that a customer may meet and that has no such words yet. */
export function sayToCustomer(error: unknown, said: unknown): unknown {
  if (!(error instanceof AppError) || 'customerMessage' in error.extra) return error;
  const language = typeof said === 'object' && said !== null && 'language' in said && said.language === 'sw' ? 'sw' : 'en';
  const extra = { ...error.extra, customerMessage: wordsOf(error)[language] };
  return new AppError(error.code, error.message, extra, error.cause === undefined ? undefined : { cause: error.cause });
}

function wordsOf({ code, extra }: AppError): Words {
  if (code === 'invalid_input') {
    const fields = Array.isArray(extra.errors)
      ? (extra.errors as { field: string }[]).map(({ field }) => field.split('.').at(-1) ?? '')
      : [];
    return fields.map((field) => FIELDS[field]).find((words) => words !== undefined) ?? PAGE_IS_WRONG;
  }
  const words = WORDS[code] ?? PAGE_IS_WRONG;
  return typeof words === 'function' ? words(extra) : words;
}

/** An amount that a refusal's `extra` has, in shillings. */
const printed = (shillings: unknown): string => kes(BigInt(Math.round((Number(shillings) || 0) * 100)));
