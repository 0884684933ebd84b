import { AppError } from '#ground/errors.ts';

/** Reads a body as UTF-8 text, and no more than `limit` bytes of it whatever its headers say. Throws `body_too_large`. */
export const readBody = async (request: Request, limit: number): Promise<string> => (await readBytes(request, limit)).toString('utf8');

/** `readBody` for what is no text; `hint` says how else to send what is larger. */
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
