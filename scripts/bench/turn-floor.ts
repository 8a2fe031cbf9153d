import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answer, settingsOf } from './child.ts';
import { FloorCall } from './floor-call.ts';

/*
 * The floor of a call: the same sockets and whole turns with nothing around them. No signatures, no rooms, no voice
 * activity, no recording, no transcript, no marks.
 */

const FRAME_MS = 20;
const { vendorsUrl } = settingsOf() as { vendorsUrl: string };
const server = createServer();
const sockets = new WebSocketServer({ server, path: '/media', perMessageDeflate: false });
const playing = new Set<FloorCall>();
sockets.on('connection', (socket) => new FloorCall(socket, vendorsUrl, playing));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
await once(server, 'listening');

let nextMs = performance.now() + FRAME_MS;
const pacer = setInterval(() => {
  for (; nextMs <= performance.now(); nextMs += FRAME_MS) for (const call of playing) call.emit();
}, 2);

await answer(
  {
    address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publicUrl: () => '',
    memoryMb: () => process.memoryUsage().rss / 2 ** 20,
  },
  async () => {
    clearInterval(pacer);
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  },
);
