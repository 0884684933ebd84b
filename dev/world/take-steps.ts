import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';

const STEP_MS = 60_000;

/** The pause between two requests to a function, each of which loads it anew. */
export const FUNCTION_PAUSE_MS = 400;

const Prompts = z.array(z.object({ checkoutRequestId: z.string(), accountReference: z.string() }));

/** Tries until there is an answer, with a pause between two tries. An error ends it at once with the name of the step, and so does a wait that is too long. */
export async function step<T>(what: string, attempt: () => Promise<T | undefined>, pauseMs = 50): Promise<T> {
  const deadline = Date.now() + STEP_MS;
  while (true) {
    const found = await attempt().catch((error: unknown) => {
      throw new Error(`It went wrong while ${what}: ${error instanceof Error ? error.message : error}`);
    });
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`It went wrong while ${what}: nothing came of it in ${STEP_MS / 1_000} s.`);
    await sleep(pauseMs);
  }
}

/** Asks an address, by POST where there is a body and as whoever the token names, and returns the answer in this shape. Throws on anything else. */
export async function ask<Shape extends z.ZodType>(shape: Shape, url: string, body?: object, token?: string): Promise<z.output<Shape>> {
  const { status, text } = await send(url, body, token);
  if (status >= 400) throw new Error(`${url} answered ${status}: ${text}`);
  const parsed = shape.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`${url} answered something else than expected: ${text}`);
  return parsed.data;
}

/** The code with which a POST is refused. Throws when it is not. */
export async function askInVain(url: string, body: object, token: string): Promise<string> {
  const { status, text } = await send(url, body, token);
  if (status < 400) throw new Error(`${url} was not refused: ${text}`);
  return z.object({ code: z.string() }).parse(JSON.parse(text)).code;
}

/** Answers the prompt with this reference as a person at the handset would; nothing when there is none yet. */
export async function answerPrompt(simulatorUrl: string | undefined, reference: string, answer: object): Promise<true | undefined> {
  const prompts = await ask(Prompts, `${simulatorUrl}/simulator/prompts`);
  const prompt = prompts.find(({ accountReference }) => accountReference === reference);
  if (!prompt) return undefined;
  await ask(z.unknown(), `${simulatorUrl}/simulator/prompts/${prompt.checkoutRequestId}/answer`, answer);
  return true;
}

/** The file at an address. Throws when there is none. */
export async function download(url: string): Promise<Buffer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(STEP_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

export const isPdf = (file: Buffer): boolean => file.subarray(0, 5).equals(Buffer.from('%PDF-'));

async function send(url: string, body?: object, token?: string): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const request = body ? { method: 'POST', headers, body: JSON.stringify(body) } : { headers };
  const response = await fetch(url, { ...request, signal: AbortSignal.timeout(STEP_MS) });
  return { status: response.status, text: await response.text() };
}
