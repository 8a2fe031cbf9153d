import { expect, test } from 'vitest';
import type { Vendors } from '../../src/call/ports.ts';
import type { Llm } from '../../src/llm/llm.ts';
import type { Stt } from '../../src/stt/stt.ts';
import type { Tts } from '../../src/tts/tts.ts';
import { openVendorHealth } from '../../src/vendor-health.ts';
import { quietLog } from '../support/quiet-log.ts';
import { SimClock } from '../support/sim-clock.ts';

const times = { restFromMs: 10_000, restToMs: 40_000 };
const any = { stt: null, llm: null, voice: null };
const [ears, brain, voice] = [
  { kind: 'stt', vendor: 'ears' },
  { kind: 'llm', vendor: 'brain' },
  { kind: 'tts', vendor: 'voice' },
] as const;

const vendors: Vendors = {
  stt: () => ({ stt: { name: 'ears' } as Stt, model: null }),
  llm: (choice) => ({ llm: { name: choice === 'other' ? 'other' : 'brain' } as Llm, model: null }),
  tts: () => ({ tts: { name: 'voice' } as Tts, voice: null }),
};

function open() {
  const clock = new SimClock();
  const health = openVendorHealth({ vendors, clock, log: quietLog(), times });
  /** Looks as a dial does, and dials where nothing is down. */
  const dial = (): string[] => {
    const down = health.downFor(any);
    if (down.length === 0) health.tried(any);
    return down;
  };
  return { clock, health, dial };
}

test('one bad answer is a bad answer, and three in a row are a vendor that is down', () => {
  const { health } = open();
  for (const one of [ears, brain]) {
    health.failed(one);
    health.failed(one);
  }
  expect(health.downFor(any)).toEqual([]);
  health.answered(brain);
  for (const one of [ears, brain]) health.failed(one);
  expect(health.downFor(any)).toEqual(['The STT (ears)']);
  expect(health.down).toEqual([ears]);
});

test('an agent that does not need the vendor is dialled', () => {
  const { health } = open();
  for (let count = 0; count < 3; count += 1) health.failed(brain);
  expect(health.downFor(any)).toEqual(['The LLM (brain)']);
  expect(health.downFor({ ...any, llm: 'other' })).toEqual([]);
});

test('of many who wait one is let through to see, and the others as soon as it answered', async () => {
  const { clock, health, dial } = open();
  for (let count = 0; count < 5; count += 1) health.failed(voice);
  await clock.advance(times.restFromMs);
  expect([1, 2, 3].map(() => dial().length)).toEqual([0, 1, 1]);
  health.answered(voice);
  expect([1, 2, 3].map(() => dial().length)).toEqual([0, 0, 0]);
  expect(health.down).toEqual([]);
});

test('each trial that fails makes the next rest longer, up to a bound', async () => {
  const { clock, health, dial } = open();
  for (let count = 0; count < 3; count += 1) health.failed(voice);
  const rests: number[] = [];
  for (let trial = 0; trial < 4; trial += 1) {
    let restedMs = 0;
    while (dial().length > 0) {
      await clock.advance(1_000);
      restedMs += 1_000;
    }
    rests.push(restedMs);
    health.failed(voice);
    // What fails beside it says nothing new.
    health.failed(voice);
  }
  expect(rests).toEqual([10_000, 20_000, 40_000, 40_000]);
});

test('who asks and does not dial after all takes the trial from nobody', async () => {
  const { clock, health, dial } = open();
  for (let count = 0; count < 3; count += 1) health.failed(ears);
  await clock.advance(times.restFromMs);
  expect([1, 2, 3].map(() => health.downFor(any))).toEqual([[], [], []]);
  expect([dial(), dial()]).toEqual([[], ['The STT (ears)']]);
});

test('a trial of which nothing is heard is followed by another', async () => {
  const { clock, health, dial } = open();
  for (let count = 0; count < 3; count += 1) health.failed(ears);
  await clock.advance(times.restFromMs);
  expect(dial()).toEqual([]);
  await clock.advance(times.restFromMs);
  expect([dial(), dial()]).toEqual([[], ['The STT (ears)']]);
});
