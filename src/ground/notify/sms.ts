/** One text message: `to` is 2547XXXXXXXX, `id` is ours. */
export type SmsMessage = { id: string; to: string; text: string };

/**
 * Sends SMS. Resolves when the provider has accepted it; throws when it has not, with a `Refusal` if it never will. Errors name neither
 * recipient nor text.
 */
export type Sms = { send(message: SmsMessage): Promise<void> };
