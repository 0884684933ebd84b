import { subscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

let requests = 0;
subscribe('http.client.request.start', (message) => {
  if ((message as { request: ClientRequest }).request.path === '/sql') requests += 1;
});

/** How many statements this process has sent to the database over HTTP: read at once, it leaves out what begins after an answer. */
export const sqlRequests = (): number => requests;
