/** A text message that would have been sent. */
export type TextMessage = { provider: 'africastalking' | 'twilio'; to: string; from: string; text: string };

/** What a provider's front door says, with the messages it took. */
export type Answer = { status: number; body: unknown; taken: TextMessage[] };

/** The form of a request, and the headers that say who sends it. */
export type FormRequest = {
  headers: { authorization?: string | undefined; apikey?: string | string[] | undefined };
  form: URLSearchParams;
};

/** How a mobile number is written for both providers. */
export const INTERNATIONAL = /^\+[1-9]\d{7,14}$/;
