import type { Language } from '#ground/text/language.ts';
import type { DarajaReason } from '../daraja/errors.ts';
import { type StkReasonWord, stkReason } from '../daraja/stk-result-codes.ts';

type Words = { en: string; sw: string };

const TRY_LATER: Words = {
  en: 'M-PESA could not send the request. Try again shortly.',
  sw: 'M-PESA haikuweza kutuma ombi. Jaribu tena baadaye.',
};
const SERVICE: Words = {
  en: 'The payment service has a problem on our side. You have not been charged; please tell us.',
  sw: 'Huduma ya malipo ina hitilafu upande wetu. Hujatozwa; tafadhali tujulishe.',
};

const WORDS: Record<FailureReason, Words> = {
  insufficient_funds: {
    en: 'Not enough M-PESA balance. Top up and try again.',
    sw: 'Salio la M-PESA halitoshi. Ongeza salio ujaribu tena.',
  },
  amount_too_small: { en: 'The amount is below what M-PESA accepts.', sw: 'Kiasi ni kidogo kuliko M-PESA inavyokubali.' },
  limit: { en: 'The amount is above the M-PESA limit for one payment.', sw: 'Kiasi kinazidi kikomo cha M-PESA kwa malipo moja.' },
  daily_limit: {
    en: 'You have reached your daily M-PESA limit. Try again tomorrow.',
    sw: 'Umefikia kikomo chako cha M-PESA cha siku. Jaribu tena kesho.',
  },
  business_limit: {
    en: 'The business account cannot take more money now. Try again later.',
    sw: 'Akaunti ya biashara haiwezi kupokea zaidi sasa. Jaribu tena baadaye.',
  },
  too_soon: { en: 'Please wait two minutes and try again.', sw: 'Tafadhali subiri dakika mbili ujaribu tena.' },
  busy: { en: 'M-PESA is busy. Try again in a minute.', sw: 'M-PESA ina shughuli nyingi. Jaribu tena baada ya dakika moja.' },
  subscriber_locked: {
    en: 'Another M-PESA request is open on your phone. Finish it or wait 1-2 minutes.',
    sw: 'Kuna ombi lingine la M-PESA kwenye simu yako. Limalize au subiri dakika 1-2.',
  },
  expired: { en: 'The request expired. Try again.', sw: 'Ombi limekwisha muda. Jaribu tena.' },
  prompt_not_sent: TRY_LATER,
  cancelled: { en: 'You cancelled the request.', sw: 'Umeghairi ombi.' },
  unreachable: {
    en: 'No PIN was entered, or your phone could not be reached. Check that it is on and has signal, then try again.',
    sw: 'PIN haikuwekwa, au simu yako haikupatikana. Hakikisha imewashwa na ina mtandao, kisha ujaribu tena.',
  },
  wrong_pin: {
    en: 'Wrong M-PESA PIN. Try again with care: three wrong PINs lock it.',
    sw: 'PIN ya M-PESA si sahihi. Jaribu tena kwa makini: PIN tatu zisizo sahihi huifunga.',
  },
  pin_locked: {
    en: 'Your M-PESA PIN is locked. Call Safaricom on 100 or 200 to unlock it.',
    sw: 'PIN yako ya M-PESA imefungwa. Pigia Safaricom 100 au 200 ili ifunguliwe.',
  },
  account_inactive: { en: 'This M-PESA account is not active.', sw: 'Akaunti hii ya M-PESA haitumiki.' },
  network: TRY_LATER,
  service_problem: SERVICE,
  not_on_network: {
    en: 'This number has no active M-PESA line. Enter a Safaricom number.',
    sw: 'Nambari hii haina laini ya M-PESA inayotumika. Weka nambari ya Safaricom.',
  },
  invalid_phone: { en: 'M-PESA does not know this phone number. Check it.', sw: 'M-PESA haitambui nambari hii ya simu. Iangalie.' },
  unknown: { en: 'The payment was not completed.', sw: 'Malipo hayajakamilika.' },
};

/** Why a payment did not happen, as published in `failureReason`. */
export type FailureReason = Exclude<StkReasonWord, 'still_processing'> | 'not_on_network' | 'invalid_phone';

const REFUSALS: Partial<Record<DarajaReason, FailureReason>> = {
  subscriber_locked: 'subscriber_locked',
  not_on_network: 'not_on_network',
  invalid_phone: 'invalid_phone',
  invalid_amount: 'service_problem',
  wrong_credentials: 'service_problem',
  invalid_token: 'service_problem',
  invalid_callback_url: 'service_problem',
  merchant_not_allowed: 'service_problem',
  bad_request: 'service_problem',
};

/** The reason behind a stored failure code, which is ours or a result code of Safaricom's. */
export function failureReason(code: string): FailureReason {
  if (Object.hasOwn(WORDS, code)) return code as FailureReason;
  const { word } = stkReason(code);
  return word === 'still_processing' ? 'unknown' : word;
}

/** The failure code of a prompt that Safaricom refused outright. */
export const refusalCode = (reason: DarajaReason): FailureReason => REFUSALS[reason] ?? 'network';

/** The message to a customer about a failure, in their language. */
export const failureMessage = (reason: FailureReason, language: Language): string => WORDS[reason][language];
