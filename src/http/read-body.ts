import { AppError } from '../errors.ts';

/** Reads a body as UTF-8 text, and no more than `limit` bytes of it whatever its headers say. Throws `body_too_large`. */
export async function readBody(request: Request, limit: number): Promise<string> {
  const tooLarge = () => new AppError('body_too_large', `Send at most ${limit} bytes.`);
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
