import { setTimeout as sleep } from 'node:timers/promises';
import { answer } from './child.ts';
import { quantile } from './figures.ts';
import { LoadCall } from './load-call.ts';
import { LoadVendors } from './load-vendors.ts';

/*
 * Telephones and vendors of the media bench, in a process of its own: calls that send 20 ms frames in step with the
 * clock, an STT that says what was said, an LLM and a TTS that answer after fixed times. Everything is told apart by
 * what it carries: a frame by the numbers in its audio, a turn by a word in its text.
 */

const FRAME_MS = 20;
const vendors = await LoadVendors.open();
const calls: LoadCall[] = [];
const stop = new AbortController();
let lateMs: number[] = [];
// oxlint-disable-next-line unicorn/prefer-top-level-await -- it goes on until the end
const sending = send();

await answer(
  {
    vendorsUrl: () => vendors.url,
    async connect({ count, address, publicUrl }) {
      for (let n = 0; n < Number(count); n += 1) {
        const call = new LoadCall(calls.length, vendors);
        await call.connect(String(address), String(publicUrl));
        calls.push(call);
        // As telephones ring: one after the other.
        await sleep(20);
      }
    },
    /** One turn after another in each call for so long, a call's every `turnMs`. */
    async talk({ forMs, turnMs }) {
      vendors.reset();
      lateMs = [];
      const endsAtMs = performance.now() + Number(forMs);
      let turns = 0;
      for (let at = 0; performance.now() < endsAtMs; at = (at + 1) % calls.length) {
        const call = calls[at];
        if (call !== undefined && vendors.startTurn(call.number)) turns += 1;
        await sleep(Number(turnMs) / calls.length);
      }
      // The last ones get their answer, too.
      await sleep(2_000);
      const { frames, overheads } = vendors;
      return {
        open: calls.filter((call) => call.isOpen).length,
        turns,
        answered: overheads.length,
        frames: frames.length,
        frameP50: quantile(frames, 0.5),
        frameP99: quantile(frames, 0.99),
        turnP50: quantile(overheads, 0.5),
        turnP99: quantile(overheads, 0.99),
        loadLateP99: quantile(lateMs, 0.99),
      };
    },
  },
  async () => {
    stop.abort();
    await sending;
    for (const call of calls) call.close();
    vendors.close();
  },
);

/** Every frame at its time: the calls spread over the 20 ms. */
async function send(): Promise<void> {
  let turn = 0;
  const begunMs = performance.now();
  while (!stop.signal.aborted) {
    const dueMs = begunMs + turn * FRAME_MS;
    for (const [index, call] of calls.entries()) {
      const atMs = dueMs + (index * FRAME_MS) / calls.length;
      while (performance.now() < atMs) await new Promise(setImmediate);
      lateMs.push(performance.now() - atMs);
      call.sendFrame();
    }
    turn += 1;
    const leftMs = begunMs + turn * FRAME_MS - performance.now();
    if (leftMs > 1) await sleep(Math.floor(leftMs));
  }
}
