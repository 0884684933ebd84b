import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';

export type Call = { path: string; body: string };

/**
 * Posts callbacks from so many clients, each its next one when its last has been answered and the work after it has ended. Returns how long each answer took, in
 * milliseconds. Throws when one is not what Safaricom must hear.
 */
export async function load(port: number, calls: Call[], clients: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: clients });
  const queue = calls.values();
  const took: number[] = [];
  const client = async () => {
    for (const call of queue) took.push(await post(agent, port, call));
  };
  try {
    await Promise.all(Array.from({ length: clients }, client));
  } finally {
    agent.destroy();
  }
  return took;
}

function post(agent: Agent, port: number, { path, body }: Call): Promise<number> {
  const begun = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request({ agent, host: '127.0.0.1', port, method: 'POST', path, headers }, async (response) => {
      try {
        let answered = 0;
        response.once('data', () => {
          answered = performance.now() - begun;
        });
        const said = await text(response);
        if (response.statusCode !== 200 || !said.includes('"ResultCode":0')) throw new Error(`Answered ${response.statusCode}: ${said}`);
        resolve(answered);
      } catch (error) {
        reject(error);
      }
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
