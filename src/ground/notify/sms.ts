import { ProviderFailure } from '../outbox/refusal.ts';
/** One text message: `to` is 2547XXXXXXXX, `id` is ours. */
export type SmsMessage = { id: string; to: string; text: string };

/**
 * Sends SMS. Resolves when the provider has accepted it; throws when it has not, with a `Refusal` if it never will. Errors name neither
 * recipient nor text.
 */
export type Sms = { send(message: SmsMessage): Promise<void> };

const TIMEOUT_MS = 10_000;

/**
 * Posts a form to a provider and resolves to its status and JSON, also of an error. Redirects are refused: they would take the message
 * elsewhere.
 */
export async function postForm(
  provider: string,
  url: string,
  headers: Record<string, string>,
  form: Record<string, string>,
): Promise<{ status: number; json: unknown }> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body: new URLSearchParams(form),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return { status: response.status, json: readJson(await response.text()) };
  } catch (error) {
    throw new ProviderFailure(`${provider} was not reached: ${error instanceof Error ? error.name : 'no answer'}.`); // its cause may quote the address
  }
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
