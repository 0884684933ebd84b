import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { readStatement } from './read-statement.ts';
import type { Refused, Statement } from './statement.ts';

const TASK = 'malipo: read a statement';

/** Megabytes that reading may keep: 60,000 lines of `.xls` and 100,000 of `.csv` or `.xlsx` fit (ruling 11). */
const HEAP_MB = 256;

/** Far longer than the largest of these files takes on a busy machine. */
const PATIENCE_MS = 180_000;

const refused = (message: string): Refused => ({ outcome: 'refused', code: 'statement_too_large', message });

/**
 * `readStatement` for files of strangers: in a thread of its own, which keeps no more memory than its share and ends when its time is up. A file that needs more is refused, and nothing else in the process feels it.
 */
export async function readStatementSafely(
  bytes: Uint8Array,
  fileName: string,
  { heapMb = HEAP_MB, patienceMs = PATIENCE_MS } = {},
): Promise<Statement | Refused> {
  // the thread loads this file itself, or in a bundle the whole bundle, which has no other file beside it; in the thread the last lines of this file run
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { task: TASK, bytes, fileName },
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Statement | Refused>((resolve, reject) => {
      timer = setTimeout(
        () => resolve(refused('Reading the file takes too long: it is no statement, or a much too large one.')),
        patienceMs,
      );
      worker.once('message', resolve);
      worker.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ERR_WORKER_OUT_OF_MEMORY') reject(error);
        else resolve(refused(`Reading the file takes more than ${heapMb} MB of memory. Export a shorter period.`));
      });
      worker.once('exit', () => reject(new Error('The thread that reads a statement ended without a word.')));
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}

if (!isMainThread && workerData?.task === TASK) {
  const { bytes, fileName } = workerData as { bytes: Uint8Array; fileName: string };
  void readStatement(bytes, fileName).then((read) => parentPort?.postMessage(read));
}
