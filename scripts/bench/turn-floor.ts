import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { answer, settingsOf } from './child.ts';
import { FloorCall, type FloorPacer } from './floor-call.ts';

/*
 * The floor of a call: the same sockets and whole turns with nothing around them. No signatures, no rooms, no
 * recording, no transcript, no marks, nothing that watches over anything.
 */

/** Each slot is sent of every 20 ms, one after the other. */
const SLOT_MS = 5;
const { vendorsUrl } = settingsOf() as { vendorsUrl: string };
const server = createServer();
const sockets = new WebSocketServer({ server, path: '/media', perMessageDeflate: false });
const slots = Array.from({ length: 4 }, () => new Set<FloorCall>());
let slot = 0;
let nextMs = performance.now() + SLOT_MS;
let timer = setTimeout(tick, SLOT_MS);
const pacer: FloorPacer = {
  // Its first frame has just been sent.
  enter: (call) => void slots[(slot + 3) % 4]?.add(call),
  leave: (call) => slots.forEach((one) => one.delete(call)),
};
sockets.on('connection', (socket) => new FloorCall(socket, vendorsUrl, pacer));
server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
await once(server, 'listening');

function tick(): void {
  for (const nowMs = performance.now(); nextMs <= nowMs; nextMs += SLOT_MS) {
    for (const call of slots[slot] ?? []) call.emit();
    slot = (slot + 1) % 4;
  }
  timer = setTimeout(tick, Math.max(0, nextMs - performance.now()));
}

await answer(
  {
    address: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publicUrl: () => '',
    memoryMb: () => process.memoryUsage().rss / 2 ** 20,
  },
  async () => {
    clearTimeout(timer);
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  },
);
