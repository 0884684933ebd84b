import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { keyOf, type Lock, LockHead, newHead } from './backup-key.ts';

const MAGIC = 'malipo backup 1\n';
const LONGEST_HEAD = 1_024;
const FRAME = 64 * 1_024;
const TAG = 16;

/** The file ends before its last frame. */
class CutOff extends Error {
  override name = 'CutOff';
  override message = 'This backup ends before its end: it was cut off while it was written or copied. Use another one.';
}

/**
 * Encrypts a stream in frames of 64 KB with AES-256-GCM. Each is bound to its place, to the head and to whether it is the last: nothing can be left out, moved or cut off
 * without being seen.
 */
export async function* seal(source: AsyncIterable<Uint8Array>, lock: Lock): AsyncGenerator<Buffer> {
  const lockHead = newHead(lock);
  const head = Buffer.from(`${MAGIC}${JSON.stringify(lockHead)}\n`);
  const key = keyOf(lock, lockHead);
  yield head;
  let waiting: Buffer = Buffer.alloc(0);
  let place = 0;
  for await (const piece of source) {
    waiting = waiting.length > 0 ? Buffer.concat([waiting, piece]) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    for (; waiting.length > FRAME; place += 1) {
      yield sealFrame(key, head, { place, isLast: false }, waiting.subarray(0, FRAME));
      waiting = waiting.subarray(FRAME);
    }
  }
  yield sealFrame(key, head, { place, isLast: true }, waiting);
}

/** Reverses `seal`. Throws `CutOff`, or says that the key is another one or that the file was changed. */
export async function* open(file: string, lock: Lock): AsyncGenerator<Buffer> {
  const read = new Reader(createReadStream(file, { highWaterMark: 256 * 1_024 }));
  const { head, lockHead } = await readHead(read, file);
  const key = keyOf(lock, lockHead);
  for (let place = 0; ; place += 1) {
    const lead = await read.take(4);
    const isLast = (lead[0] as number) >= 0x80;
    const length = lead.readUInt32BE(0) & 0x7fffffff;
    if (length < TAG || length > FRAME + TAG) throw changed(place);
    yield openFrame(key, head, { place, isLast }, await read.take(length));
    if (!isLast) continue;
    if (!(await read.isAtEnd())) throw new Error('This backup has bytes behind its end: it was changed.');
    return;
  }
}

type Place = { place: number; isLast: boolean };

function nonceOf({ place, isLast }: Place): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(place, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function sealFrame(key: KeyObject, head: Buffer, at: Place, plain: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(at)).setAAD(head);
  const sealed = Buffer.concat([Buffer.alloc(4), cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  sealed.writeUInt32BE(sealed.length - 4 + (at.isLast ? 0x80000000 : 0), 0);
  return sealed;
}

function openFrame(key: KeyObject, head: Buffer, at: Place, sealed: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(at)).setAAD(head).setAuthTag(sealed.subarray(-TAG));
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG)), decipher.final()]);
  } catch {
    throw at.place === 0 ? new Error('This backup was made with another key or passphrase, or it was changed.') : changed(at.place);
  }
}

const changed = (place: number) => new Error(`This backup was changed or damaged (in its part ${place + 1}). Use another one.`);

async function readHead(read: Reader, file: string): Promise<{ head: Buffer; lockHead: LockHead }> {
  const noBackup = new Error(`${file} is no backup of Malipo.`);
  const magic = await read.take(MAGIC.length);
  if (magic.toString() !== MAGIC) throw noBackup;
  const bytes: number[] = [];
  while (bytes.at(-1) !== 0x0a) {
    if (bytes.length > LONGEST_HEAD) throw noBackup;
    bytes.push((await read.take(1))[0] as number);
  }
  const said = Buffer.from(bytes);
  return { head: Buffer.concat([magic, said]), lockHead: LockHead.parse(JSON.parse(said.toString())) };
}

/** Takes exactly so many bytes at a time from a stream. */
class Reader {
  readonly #pieces: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#pieces = source[Symbol.asyncIterator]();
  }

  async take(length: number): Promise<Buffer> {
    while (this.#rest.length < length) if (!(await this.#more())) throw new CutOff();
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  async isAtEnd(): Promise<boolean> {
    return this.#rest.length === 0 && !(await this.#more());
  }

  async #more(): Promise<boolean> {
    const next = await this.#pieces.next();
    if (next.done) return false;
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, next.value]) : next.value;
    return true;
  }
}
