import { setTimeout as sleep } from 'node:timers/promises';
import { answer } from './child.ts';
import { quantile } from './figures.ts';
import { Heard } from './heard.ts';
import { LoadCall } from './load-call.ts';
import { LoadVendors } from './load-vendors.ts';

/*
 * Telephones and vendors of the media bench, in a process of its own: calls that send 20 ms frames in step with the
 * clock, an STT that says what was said, an LLM and a TTS that answer after fixed times. Everything is told apart by
 * what it carries: a frame by the numbers in its audio, a turn by a word in its text.
 */

const FRAME_MS = 20;
/** A speech of this length is interrupted after so long; the calls begin theirs spread over some seconds. */
const SPEECH_MS = 9_000;
const INTERRUPT_AFTER_MS = 6_000;
const SPREAD_MS = 4_000;
const vendors = await LoadVendors.open();
const heard = new Heard();
const calls: LoadCall[] = [];
const stop = new AbortController();
let lateMs: number[] = [];
// oxlint-disable-next-line unicorn/prefer-top-level-await -- it goes on until the end
const sending = send();

await answer(
  {
    vendorsUrl: () => vendors.url,
    /** Says how many were taken. */
    async connect({ count, address, publicUrl }) {
      let taken = 0;
      for (let n = 0; n < Number(count); n += 1) {
        const call = new LoadCall(calls.length, vendors, heard);
        calls.push(call);
        if (await call.connect(String(address), String(publicUrl))) taken += 1;
        // As telephones ring: one after the other.
        await sleep(20);
      }
      return taken;
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
    /** The agent speaks in all calls, and is interrupted in each, by a voice or by words in turn. */
    async interrupt({ rounds, onsetFrames }) {
      vendors.reset();
      heard.reset();
      lateMs = [];
      for (let round = 0; round < Number(rounds); round += 1) await interruptAll(round, Number(onsetFrames));
      const { frames } = vendors;
      return {
        ...heard.figures,
        open: calls.filter((call) => call.isOpen).length,
        frameP99: quantile(frames, 0.99),
        loadLateP99: quantile(lateMs, 0.99),
        dialled: vendors.dialled,
      };
    },
    /**
     * Telephones that ring, are heard for `eachMs` and hang up, `atOnce` at once: `count` of them at most, none begun after
     * `forMs`. Says how many rang and were taken.
     */
    callAfterCall,
    upstreamSockets: () => vendors.open,
  },
  async () => {
    stop.abort();
    await sending;
    for (const call of calls) call.close();
    vendors.close();
  },
);

async function interruptAll(round: number, onsetFrames: number): Promise<void> {
  const beganMs = performance.now();
  const plan = calls.flatMap((call, index) => {
    const startMs = (index * SPREAD_MS) / calls.length;
    return [
      { atMs: startMs, run: () => void vendors.startTurn(call.number, SPEECH_MS) },
      {
        atMs: startMs + INTERRUPT_AFTER_MS,
        run: () => ((index + round) % 2 === 0 ? call.cry(onsetFrames) : call.interject()),
      },
    ];
  });
  for (const { atMs, run } of plan.toSorted((a, b) => a.atMs - b.atMs)) {
    const leftMs = beganMs + atMs - performance.now();
    if (leftMs > 0) await sleep(leftMs);
    run();
  }
  // What was only paused goes on, and ends.
  await sleep(SPEECH_MS);
}

/** Each place takes one call after the other, begun at its own time. */
async function callAfterCall(details: Record<string, unknown>): Promise<{ rung: number; taken: number }> {
  const { address, publicUrl } = details;
  const [most, atOnce, eachMs] = [Number(details['count']), Number(details['atOnce']), Number(details['eachMs'])];
  const untilMs = performance.now() + Number(details['forMs']);
  let rung = 0;
  let taken = 0;
  const place = async (index: number): Promise<void> => {
    await sleep((index * eachMs) / atOnce);
    while (rung < most && performance.now() < untilMs) {
      rung += 1;
      const call = new LoadCall(rung, vendors, heard);
      calls.push(call);
      if (await call.connect(String(address), String(publicUrl))) {
        taken += 1;
        await sleep(eachMs);
        await call.hangUp();
      } else await sleep(eachMs);
      calls.splice(calls.indexOf(call), 1);
      vendors.forget(call.number);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, (_, index) => place(index)));
  return { rung, taken };
}

/** Every frame at its time, to a millisecond: the calls spread over the 20 ms. The core is left to others between them. */
async function send(): Promise<void> {
  let turn = 0;
  let next = 0;
  const begunMs = performance.now();
  while (!stop.signal.aborted) {
    const nowMs = performance.now();
    for (;;) {
      const dueMs = begunMs + turn * FRAME_MS + (next * FRAME_MS) / Math.max(1, calls.length);
      if (dueMs > nowMs) break;
      lateMs.push(nowMs - dueMs);
      calls[next]?.sendFrame();
      next += 1;
      if (next < calls.length) continue;
      next = 0;
      turn += 1;
    }
    await sleep(1);
  }
}
