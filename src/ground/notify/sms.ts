/** One text message: `to` is 2547XXXXXXXX, `id` is ours. */
export type SmsMessage = { id: string; to: string; text: string };

/**
 * Sends SMS. Resolves when the provider has accepted it; throws when it has not, a `Refusal` where it never will,
 * without saying to whom or what.
 */
export type Sms = { send(message: SmsMessage): Promise<void> };
