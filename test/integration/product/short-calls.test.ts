import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import { whatIsHeld, type Held } from '../../support/held.ts';
import { until } from '../../support/until.ts';
import { openTelephone, OURS, speak, type Telephone } from '../twilio/world.ts';

/* Nothing of a call outlives it, in whatever state it ends; `npm run bench -- short-calls` rings ten thousand of them. */

const CALLS = 300;
const AT_ONCE = 15;
/** These fill what is filled once: pools, caches, kept connections, compiled code. */
const FIRST_CALLS = 60;
/** Generous: the fakes remember every call. The bench, whose fakes forget, holds it to the bytes. */
const MOST_KB_PER_CALL = 150;
/** Connections to the LLM are kept for the next turn, one for each call at once: both ends are in this process. */
const KEPT = 2 * AT_ONCE;
const SETTLED_WITHIN_MS = 20_000;

/** How a call ends, each after another piece of it: before anything is said, within the greeting, within an answer. */
const ends: readonly ((call: TwilioCall) => Promise<unknown>)[] = [
  async (call) => call.leg?.cut(),
  (call) => call.hangUp(),
  async (call) => {
    await call.opened(1);
    await call.hangUp();
  },
  async (call) => {
    await call.quiet(200);
    speak(call);
    await call.hangUp();
  },
];

async function ring(phone: Telephone, count: number): Promise<void> {
  let next = 0;
  const one = async (): Promise<void> => {
    while (next < count) {
      const index = next++;
      const call = await phone.twilio.phone(`+1212${5_550_000 + index}`, OURS, phone.voice);
      if (!call.isOver) await until('the end of a call', ends[index % ends.length]?.(call) ?? Promise.resolve());
      if (!call.isOver) await call.hangUp();
      await call.settled();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** What is held once it is no more than it was, or after a while. */
async function settled(phone: Telephone, before: Held | null): Promise<Held> {
  const late = AbortSignal.timeout(SETTLED_WITHIN_MS);
  for (;;) {
    const held = whatIsHeld();
    const isQuiet = openSockets(phone) === 0;
    if ((isQuiet && (before === null || grown(before, held).length === 0)) || late.aborted) return held;
    await systemClock.sleep(200, new AbortController().signal);
  }
}

/** What there is more of than what is kept can explain. */
function grown(before: Held, after: Held): string[] {
  const counts = ({ descriptors, resources }: Held): Record<string, number> => ({ descriptors, ...resources });
  const [from, to] = [counts(before), counts(after)];
  return Object.keys(to)
    .filter((name) => (to[name] ?? 0) > (from[name] ?? 0) + KEPT)
    .map((name) => `${name}: ${to[name]} after ${from[name] ?? 0}`);
}

/** To the vendors, of all calls. */
function openSockets({ deepgram }: Telephone): number {
  return [...deepgram.listens, ...deepgram.speaks].filter(({ closed }) => closed === undefined).length;
}

test('three hundred short calls, ended in every state, leave no socket, timer, file or memory behind', async () => {
  await using phone = await openTelephone({ sentences: () => 'hello there' });
  await ring(phone, FIRST_CALLS);
  const before = await settled(phone, null);
  await ring(phone, CALLS);
  const after = await settled(phone, before);

  expect(openSockets(phone), 'sockets to vendors').toBe(0);
  expect(grown(before, after)).toEqual([]);
  expect((after.heapMb - before.heapMb) * 1_024, 'KB of heap').toBeLessThan(MOST_KB_PER_CALL * CALLS);
  expect((await phone.api('GET', '/calls?limit=200&status=in_progress')).items).toEqual([]);
}, 180_000);
