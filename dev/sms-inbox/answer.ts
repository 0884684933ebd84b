/** A text message that would have been sent. */
export type TextMessage = { provider: 'africastalking' | 'twilio'; to: string; from: string; text: string };

/** A provider's answer, with the messages it took. */
export type Answer = { status: number; body: unknown; taken: TextMessage[] };

/** The form of a request, and the headers that say who sends it. */
export type FormRequest = {
  headers: { authorization?: string | undefined; apikey?: string | string[] | undefined };
  form: URLSearchParams;
};

/** The provider's own code for a number it refuses for good, such as 406 or 21610; nothing for one it takes. */
export type Refused = (number: string) => number | undefined;

/** How a mobile number is written for both providers. */
export const INTERNATIONAL = /^\+[1-9]\d{7,14}$/;
