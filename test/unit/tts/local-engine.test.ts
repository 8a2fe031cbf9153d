import { expect, test } from 'vitest';
import { isRingbackError, RingbackError } from '../../../src/errors.ts';
import { Engine } from '../../../src/tts/local/engine.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { until } from '../../support/until.ts';

/*
 * The thread is a real one, what it does is told by the text: "hang" keeps it busy until it is stopped from outside,
 * "stuck" for ever, "die" ends it, "fail" is refused, anything else is two bytes of sound.
 */
const obedient = thread(`
  const stopped = new Int32Array(workerData.stopped);
  parentPort.on('message', ({ id, text }) => {
    const sound = () => parentPort.postMessage({ type: 'audio', id, pcm: new Uint8Array([id, 0]) });
    if (text === 'die') process.exit(7);
    if (text === 'throw') throw new Error('broken');
    if (text === 'fail') return parentPort.postMessage({ type: 'failed', id, why: 'Error' });
    if (text === 'hang') { sound(); while (Atomics.load(stopped, 0) !== id); sound(); }
    if (text === 'stuck') { sound(); for (;;); }
    sound();
    parentPort.postMessage({ type: 'done', id });
  });
  parentPort.postMessage({ type: 'ready' });
`);

function thread(body: string): URL {
  return new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort, workerData } from 'node:worker_threads';${body}`)}`,
  );
}

interface Speech {
  readonly done: Promise<void>;
  readonly begun: Promise<void>;
  readonly pieces: Uint8Array[];
  readonly stop: AbortController;
}

function say(engine: Engine, text: string): Speech {
  const stop = new AbortController();
  const begun = Promise.withResolvers<void>();
  const pieces: Uint8Array[] = [];
  const onAudio = (pcm: Uint8Array): void => {
    pieces.push(pcm);
    begun.resolve();
  };
  const done = engine.speak(text, 'en-us', { signal: stop.signal, onAudio });
  done.catch(() => undefined);
  return { done, begun: begun.promise, pieces, stop };
}

/** An engine for one test; whatever it left armed on the clock fails the test. */
async function withEngine(check: (engine: Engine, clock: SimClock) => Promise<void>): Promise<void> {
  const clock = new SimClock();
  {
    await using engine = await Engine.start({ clock, log: quietLog(), thread: obedient });
    await check(engine, clock);
  }
  expect(clock.pending).toBe(0);
}

async function failure(speech: Speech): Promise<unknown> {
  return until(
    'a failure',
    speech.done.then(
      () => 'spoken',
      (error: unknown) => (isRingbackError(error) ? error.code : error),
    ),
  );
}

test('segments are spoken one after the other, each to its own caller', () =>
  withEngine(async (engine) => {
    const [one, two] = [say(engine, 'one'), say(engine, 'two')];
    await until('both', Promise.all([one.done, two.done]));
    expect(one.pieces).toEqual([new Uint8Array([1, 0])]);
    expect(two.pieces).toEqual([new Uint8Array([2, 0])]);
  }));

test('a segment that nobody wants any more stops the thread, and the next is spoken', () =>
  withEngine(async (engine) => {
    const unwanted = say(engine, 'hang');
    await until('its first piece', unwanted.begun);
    const next = say(engine, 'next');
    const reason = new RingbackError('call_ended');
    unwanted.stop.abort(reason);
    await expect(unwanted.done).rejects.toBe(reason);
    await until('the next', next.done);
    expect(unwanted.pieces).toHaveLength(1);
  }));

test('a segment that is given up while it waits is never spoken', () =>
  withEngine(async (engine) => {
    const first = say(engine, 'hang');
    await until('its first piece', first.begun);
    const waiting = say(engine, 'waiting');
    waiting.stop.abort(new RingbackError('call_ended'));
    expect(await failure(waiting)).toBe('call_ended');
    first.stop.abort(new RingbackError('call_ended'));
    await until('another', say(engine, 'another').done);
    expect(waiting.pieces).toEqual([]);
  }));

test.each(['die', 'throw'])('a thread that ends (%s) fails the segment it is at, and only that', (how) =>
  withEngine(async (engine) => {
    const [fatal, next] = [say(engine, how), say(engine, 'next')];
    expect(await failure(fatal)).toBe('vendor_failed');
    await until('the next', next.done);
  }),
);

test('what espeak-ng refuses fails that segment alone', () =>
  withEngine(async (engine) => {
    const [refused, next] = [say(engine, 'fail'), say(engine, 'next')];
    expect(await failure(refused)).toBe('vendor_failed');
    await until('the next', next.done);
  }));

test('a thread that is stuck is replaced at the deadline, even if nobody waits for it any more', () =>
  withEngine(async (engine, clock) => {
    const stuck = say(engine, 'stuck');
    await until('its first piece', stuck.begun);
    stuck.stop.abort(new RingbackError('call_ended'));
    expect(await failure(stuck)).toBe('call_ended');
    await clock.advance(5000);
    const next = say(engine, 'next');
    await clock.advance(5000);
    await until('the next', next.done);
  }));

test('a segment that waits past its deadline fails', () =>
  withEngine(async (engine, clock) => {
    const first = say(engine, 'hang');
    await until('its first piece', first.begun);
    const waiting = say(engine, 'waiting');
    await clock.advance(10_000);
    expect(await failure(first)).toBe('vendor_deadline');
    expect(await failure(waiting)).toBe('vendor_deadline');
  }));

test('past 64 waiting segments the next one is refused', () =>
  withEngine(async (engine) => {
    const first = say(engine, 'hang');
    await until('its first piece', first.begun);
    const waiting = Array.from({ length: 64 }, (_, index) => say(engine, `${index}`));
    expect(await failure(say(engine, 'one too many'))).toBe('queue_full');
    first.stop.abort(new RingbackError('call_ended'));
    await until('all that waited', Promise.all(waiting.map(({ done }) => done)));
  }));

test('closing fails what is spoken and what waits, and ends the thread', async () => {
  const clock = new SimClock();
  const engine = await Engine.start({ clock, log: quietLog(), thread: obedient });
  const [first, second] = [say(engine, 'stuck'), say(engine, 'waiting')];
  await until('its first piece', first.begun);
  await engine[Symbol.asyncDispose]();
  expect(await failure(first)).toBe('stopping');
  expect(await failure(second)).toBe('stopping');
  expect(await failure(say(engine, 'late'))).toBe('stopping');
  await engine[Symbol.asyncDispose]();
  expect(clock.pending).toBe(0);
});

test('a thread that never comes up fails the start, by its end or by the deadline', async () => {
  const clock = new SimClock();
  const log = quietLog();
  await expect(Engine.start({ clock, log, thread: thread('process.exit(1)') })).rejects.toThrow('espeak-ng failed');
  const mute = Engine.start({ clock, log, thread: thread('parentPort.on("message", () => undefined)') });
  mute.catch(() => undefined);
  await clock.advance(20_000);
  await expect(mute).rejects.toThrow('did not answer');
  expect(clock.pending).toBe(0);
});

test('a receiver that throws fails its own segment and nothing else', () =>
  withEngine(async (engine) => {
    const onAudio = (): never => {
      throw new Error('receiver');
    };
    await expect(engine.speak('one', 'en-us', { signal: new AbortController().signal, onAudio })).rejects.toThrow(
      'receiver',
    );
    await until('the next', say(engine, 'next').done);
  }));
