import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from './child.ts';

/* A carrier that places every call and notes when the request came, in a process of its own. */

const arrivals: [to: string, atMs: number][] = [];
const server = createServer((request, response) => {
  const atMs = wallMs();
  let text = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    if (request.method === 'POST') arrivals.push([(JSON.parse(text) as { to: string }).to, atMs]);
    response.writeHead(201, { 'content-type': 'application/json' });
    response.end(`{"carrierCallId":"CA${arrivals.length}-${process.pid}"}`);
  });
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
await once(server, 'listening');

await answer(
  {
    url: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => arrivals.length,
    take: () => arrivals.splice(0),
  },
  async () => {
    server.closeAllConnections();
    server.close();
  },
);

/** Finer than a millisecond. */
function wallMs(): number {
  return Number(Temporal.Now.instant().epochNanoseconds) / 1e6;
}
