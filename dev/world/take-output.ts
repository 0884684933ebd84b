/** Takes over this process's standard output, line by line: the workers that run functions write their log there. Returns a function that writes to it as before. */
export function takeOutput(onLine: (line: string) => void): (text: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  let rest = '';
  const take = (chunk: string | Uint8Array, ...more: unknown[]) => {
    const lines = (rest + (typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    const done = more.find((argument) => typeof argument === 'function');
    if (done) process.nextTick(done as () => void);
    return true;
  };
  process.stdout.write = take as typeof process.stdout.write;
  return (text) => void write(`${text}\n`);
}
