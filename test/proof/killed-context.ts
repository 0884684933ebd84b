import type { Context } from '@netlify/functions';

/** What a function gets whose process ends once it has written: it says that it begins, and dies when it would say what is to follow. */
export function killedContext(params: Record<string, string>): Context {
  let promised = 0;
  const context = {
    ...{ params, ip: '196.201.212.69', requestId: 'killed' },
    get waitUntil() {
      promised += 1;
      if (promised > 1) throw new Error('The process was killed.');
      return () => undefined;
    },
  };
  return context as unknown as Context;
}
