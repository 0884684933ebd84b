import { AppError } from '#ground/errors.ts';

/** Reads a body as UTF-8 text, of at most `limit` bytes whatever its headers say. Throws `body_too_large`. */
export const readBody = async (request: Request, limit: number): Promise<string> => (await readBytes(request, limit)).toString('utf8');

/** `readBody` for a body that is not text. `hint` says how else to send a larger one. */
export async function readBytes(request: Request, limit: number, hint = ''): Promise<Buffer> {
  const tooLarge = () => new AppError('body_too_large', `Send at most ${limit} bytes in one request.${hint}`);
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What a request says: the query of a GET, else the JSON object in its body; nothing when that is empty. Throws `invalid_input`. */
export function readInput(request: Request, body: string): object {
  return request.method === 'GET' ? readQuery(request) : readJson(body);
}

/** What the query of a request says. Throws `invalid_input`. */
export function readQuery(request: Request): object {
  const query = [...new URL(request.url).searchParams];
  query.flat().forEach(refuseUnkept);
  return Object.fromEntries(query);
}

function readJson(text: string): object {
  if (text === '') return {};
  const value = parse(text);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new AppError('invalid_input', 'Send a JSON object as the body.');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (key, value: unknown) => {
      refuseUnkept(key);
      if (typeof value === 'string') refuseUnkept(value);
      return value;
    });
  } catch (error) {
    if (error instanceof AppError) throw error;
    return undefined; // no JSON, or nested too deeply: the caller can correct both in the same way
  }
}

/** Refuses NUL and half a surrogate pair, which PostgreSQL cannot store, and U+FFFD, which stands for bytes that were not UTF-8. */
function refuseUnkept(text: string): void {
  if (/[\0\ufffd]/.test(text) || !text.isWellFormed())
    throw new AppError('invalid_input', 'Send UTF-8 text without the NUL character and without half surrogate pairs.');
}
