import { expect, test } from 'vitest';
import { Hints, hintsOf } from '../../../db/hints.ts';

/** A way to the database on which each notification waits until it is let through. */
function slowWay() {
  const sent: { channel: string; payload: string; done: PromiseWithResolvers<void> }[] = [];
  const hints = new Hints((channel, payload) => {
    const done = Promise.withResolvers<void>();
    sent.push({ channel, payload, done });
    return done.promise;
  });
  return { hints, sent };
}

test('a hint alone is sent at once', async () => {
  const { hints, sent } = slowWay();
  const told = hints.send('timers', 'a');
  expect(sent.map(({ channel, payload }) => [channel, payload])).toEqual([['timers', 'a']]);
  sent[0]?.done.resolve();
  await told;
});

test('hints that come while one is on its way share the next notification, each of them once', async () => {
  const { hints, sent } = slowWay();
  const told = ['a', 'b', 'c', 'b'].map((hint) => hints.send('timers', hint));
  sent[0]?.done.resolve();
  await sent[0]?.done.promise;
  await Promise.resolve();
  expect(sent.map(({ payload }) => hintsOf(payload))).toEqual([['a'], ['b', 'c']]);
  sent[1]?.done.resolve();
  await Promise.all(told);
});

test('no notification grows beyond what one can carry', async () => {
  const payloads: string[] = [];
  const hints = new Hints(async (_channel, payload) => void payloads.push(payload));
  const wanted = Array.from({ length: 1_000 }, (_, n) => `1800000000000:dial:${String(n).padStart(36, '0')}`);
  await Promise.all(wanted.map((hint) => hints.send('timers', hint)));
  expect(payloads.flatMap(hintsOf)).toEqual(wanted);
  expect(Math.max(...payloads.map((payload) => payload.length))).toBeLessThan(8_000);
});

test('channels do not wait for each other', () => {
  const { hints, sent } = slowWay();
  void hints.send('timers', 'a');
  void hints.send('events', 'new');
  expect(sent.map(({ channel }) => channel)).toEqual(['timers', 'events']);
});

test('a hint that could not be sent is known to be lost, and the next one is sent anew', async () => {
  const { hints, sent } = slowWay();
  const lost = hints.send('timers', 'a');
  sent[0]?.done.reject(new Error('the database is away'));
  await expect(lost).rejects.toThrow('the database is away');
  void hints.send('timers', 'b');
  expect(sent.map(({ payload }) => payload)).toEqual(['a', 'b']);
});

test('a hint that comes as the last one has just been sent is sent as well', async () => {
  const payloads: string[] = [];
  const hints: Hints = new Hints(async (_channel, payload) => {
    payloads.push(payload);
    // Comes while the sender is about to look whether anything waits.
    if (payload === 'a') void Promise.resolve().then(() => Promise.resolve().then(() => hints.send('timers', 'b')));
  });
  await hints.send('timers', 'a');
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  expect(payloads).toEqual(['a', 'b']);
});
