import { afterAll, expect, test } from 'vitest';
import { durationMs } from '../../../media/audio-format.ts';
import { systemClock } from '../../../src/clock.ts';
import local from '../../../src/tts/local/index.ts';
import type { Tts } from '../../../src/tts/tts.ts';
import { listener, type Listener } from '../../conformance/support/listener.ts';
import { quietLog } from '../../support/quiet-log.ts';

const format = { encoding: 'pcm16', sampleRateHz: 22_050 } as const;
const sentence = "I'll call you back in one minute, at 3:45 PM.";

const context = { clock: systemClock, log: quietLog(), random: () => 0, publicUrl: '' };
/** The package is optional. */
const tts: Tts | undefined = await local.open({}, context);
afterAll(async () => tts?.[Symbol.asyncDispose]());

async function spoken(language: string, ...segments: string[]): Promise<Listener> {
  if (tts === undefined) throw new Error('there is no local voice');
  using voice = tts.open({ format, voice: null, language, signal: new AbortController().signal });
  const heard = listener();
  const utterance = voice.utter(heard.events);
  for (const segment of segments) utterance.push(segment);
  utterance.finish();
  await heard.ended();
  return heard;
}

/** Samples between -1 and 1. */
function samples(heard: Listener, segment?: number): number[] {
  const bytes = heard.audio(segment);
  return Array.from({ length: bytes.length / 2 }, (_, at) => bytes.readInt16LE(2 * at) / 32_768);
}

const rms = (values: readonly number[]): number => Math.hypot(...values) / Math.sqrt(values.length);

test.skipIf(tts === undefined).each(['en-US', 'en-GB', 'de-DE', 'fr-FR', 'es-ES', 'pt-BR', 'zh-CN'])(
  'a sentence is loud enough, does not clip and begins at once (%s)',
  async (language) => {
    const heard = await spoken(language, sentence);
    const wave = samples(heard);
    const seconds = durationMs(format, 2 * wave.length) / 1000;
    expect(seconds).toBeGreaterThan(2);
    expect(seconds).toBeLessThan(8);
    expect(rms(wave)).toBeGreaterThan(0.04);
    expect(wave.filter((sample) => Math.abs(sample) > 0.999)).toEqual([]);
    expect(wave.findIndex((sample) => Math.abs(sample) > 0.002)).toBeLessThan(0.02 * format.sampleRateHz);
    for (const event of heard.heard)
      if (event.type === 'audio') expect(durationMs(format, event.audio.length)).toBeLessThanOrEqual(100);
  },
);

test.skipIf(tts === undefined)('languages have voices of their own', async () => {
  const [english, german] = [await spoken('en-US', sentence), await spoken('de-DE', sentence)];
  expect(english.audio().equals(german.audio())).toBe(false);
});

test.skipIf(tts === undefined)('one breathes between sentences', async () => {
  const heard = await spoken('en-US', 'Of course.', 'Goodbye.');
  expect(
    samples(heard, 0)
      .slice(-Math.round(0.2 * format.sampleRateHz))
      .every((sample) => sample === 0),
  ).toBe(true);
});
