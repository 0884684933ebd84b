/** What passed through the endpoint: HTTP requests, round trips and connections over WebSocket, and statements over both. */
export type Counts = { http: number; ws: number; connections: number; statements: number };

export type Traffic = Counts & {
  /** The counts of one database at this moment. */
  of(database: string): Counts;
  count(database: string, kind: keyof Counts, times?: number): void;
  /** Back to zero, for one database or for all. */
  reset(database?: string): void;
};

const KINDS = ['http', 'ws', 'connections', 'statements'] as const;
const zero = (): Counts => ({ http: 0, ws: 0, connections: 0, statements: 0 });

/** Counts per database; the totals are the sums. */
export function countTraffic(): Traffic {
  const databases = new Map<string, Counts>();
  const total = (kind: keyof Counts) => [...databases.values()].reduce((sum, counts) => sum + counts[kind], 0);
  const traffic = {
    of: (database: string) => ({ ...(databases.get(database) ?? zero()) }),
    count: (database: string, kind: keyof Counts, times = 1) => {
      const counts = databases.get(database) ?? zero();
      counts[kind] += times;
      databases.set(database, counts);
    },
    reset: (database?: string) => (database === undefined ? databases.clear() : void databases.delete(database)),
  };
  for (const kind of KINDS) Object.defineProperty(traffic, kind, { get: () => total(kind), enumerable: true });
  return traffic as Traffic;
}

/** Reads a PostgreSQL client's side of a conversation, in pieces of any size, without changing it. */
export function readConversation(onStartUp: (database: string) => void, onStatement: () => void): (piece: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isStarted = false;
  return (piece) => {
    rest = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    while (true) {
      const tagLength = isStarted ? 1 : 0;
      if (rest.length < tagLength + 4) return;
      const length = tagLength + rest.readInt32BE(tagLength);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      if (isStarted) {
        // Q is a simple query, E runs a prepared one
        if (message[0] === 0x51 || message[0] === 0x45) onStatement();
      } else if (message.readInt32BE(4) === 0x30000) {
        isStarted = true;
        onStartUp(databaseOf(message));
      }
    }
  };
}

function databaseOf(startUp: Buffer): string {
  const words = startUp.toString('utf8', 8).split('\0');
  const value = (name: string) => words.find((_, index) => index % 2 === 1 && words[index - 1] === name);
  return value('database') ?? value('user') ?? '';
}
