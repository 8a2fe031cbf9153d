import { HttpCarrier } from '../../../test/fakes/http-carrier.ts';
import { answer, settingsOf } from '../child.ts';

/*
 * Another scheduler in a process of its own: books through its own interface, and makes one request to the same carrier
 * for each job that comes due. Plain JavaScript, since its packages are installed only where it is measured.
 */

const { peer, databaseUrl, redisPort, carrierUrl } = settingsOf();
const carrier = new HttpCarrier(carrierUrl);
const { open } = await import(`./${peer}.js`);
const scheduler = await open({ databaseUrl, redisPort, onDue });

const IN_FLIGHT = 10;
const DAY_MS = 86_400_000;
let booked = 0;

await answer(
  {
    /** Books these, many at once. */
    bookAll: ({ jobs }) => scheduler.bookAll(jobs),
    /** Books one for a second from now. */
    bookAhead: async ({ to }) => {
      const dueMs = Math.ceil(nowMs()) + 1_000;
      await scheduler.book({ to, dueMs });
      return dueMs;
    },
    /** Books so many for tomorrow, one at a time, ten in flight; how long it took. */
    async bookMany({ count }) {
      const dueMs = nowMs() + DAY_MS;
      let left = count;
      const startedAtMs = performance.now();
      const lane = async () => {
        while (left > 0) {
          left -= 1;
          booked += 1;
          await scheduler.book({
            to: `browser:peer${String(booked).padStart(8, '0')}`,
            dueMs: Math.ceil(dueMs) + booked,
          });
        }
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
      return performance.now() - startedAtMs;
    },
    /** Begins to work. */
    work: () => scheduler.work(),
  },
  () => scheduler.close(),
);

async function onDue({ to }) {
  const result = await carrier.dial(
    {
      attemptId: to,
      callbackId: '',
      attemptNumber: 1,
      callId: '',
      to,
      from: '+4930123456',
      ringTimeoutSeconds: 30,
      machineDetection: 'off',
      display: { agentName: '', topic: '' },
      beforeSend: () => undefined,
    },
    { signal: AbortSignal.timeout(10_000) },
  );
  if (result.kind !== 'placed') throw new Error(`the carrier of the bench did not place it: ${result.kind}`);
}

/** Finer than a millisecond. */
function nowMs() {
  return Number(Temporal.Now.instant().epochNanoseconds) / 1e6;
}
