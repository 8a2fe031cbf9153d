import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesPerSample, durationMs, type AudioFormat } from '../../media/audio-format.ts';
import { discoverAdapters } from '../../src/adapters.ts';
import { RingbackError } from '../../src/errors.ts';
import type { Tts, TtsVoice } from '../../src/tts/tts.ts';
import { listener } from './support/listener.ts';
import { tryAdapter, type Tried } from './support/rig.ts';

const definitions = (await discoverAdapters()).tts;
const clauses = ["I'll call you back in one minute,", 'at a quarter to four.', 'Is there anything else?'];
const long = 'We will look into the matter and call you back as soon as we know more about it. '.repeat(60);

test('there is a voice to try', () => expect(definitions).not.toEqual([]));

describe.each(definitions.map((definition) => ({ name: definition.name, definition })))('$name', ({ definition }) => {
  let tried: Tried<Tts> | undefined;
  beforeAll(async () => {
    tried = await tryAdapter('tts', definition);
  }, 60_000);
  afterAll(async () => tried?.[Symbol.asyncDispose]());

  /** A promise about a voice that is open in the first format that it gives. */
  function promise(
    name: string,
    check: (voice: TtsVoice, format: AudioFormat, stop: AbortController, tts: Tts) => Promise<void>,
  ): void {
    // oxlint-disable-next-line vitest/valid-title -- the promise below is the title
    test(name, { timeout: 60_000 }, async (context) => {
      if (tried === undefined) return context.skip(`${definition.title} can't run here`);
      const { vendor } = tried;
      const [format] = vendor.capabilities.formats;
      if (format === undefined) throw new Error('it names no format that it can give');
      const stop = new AbortController();
      using voice = vendor.open({ format, voice: null, language: 'en-US', signal: stop.signal });
      await check(voice, format, stop, vendor);
    });
  }

  promise('it carries the name of its folder, and names its voices', async (_voice, _format, _stop, tts) => {
    expect(tts.name).toBe(definition.name);
    expect(tts.voices.length).toBeGreaterThan(0);
  });

  promise('clauses are spoken in order, each ends once, and the end comes last', async (voice) => {
    const heard = listener();
    const utterance = voice.utter(heard.events);
    for (const clause of clauses) utterance.push(clause);
    utterance.finish();
    await heard.ended();
    const order = heard.heard.map((event) => ('segment' in event ? event.segment : Number.POSITIVE_INFINITY));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    const ends = heard.heard.filter((event) => event.type === 'segment_end').map(({ segment }) => segment);
    expect(ends).toEqual([0, 1, 2]);
    for (const [index, event] of heard.heard.entries()) {
      if (event.type !== 'audio') continue;
      const end = heard.heard.findIndex((other) => other.type === 'segment_end' && other.segment === event.segment);
      expect(index).toBeLessThan(end);
    }
    expect(heard.heard.filter((event) => event.type === 'end')).toHaveLength(1);
    expect(heard.heard.at(-1)?.type).toBe('end');
  });

  promise('what it gives is sound of a believable length, in whole samples', async (voice, format) => {
    const heard = listener();
    const utterance = voice.utter(heard.events);
    utterance.push(clauses.join(' '));
    utterance.finish();
    await heard.ended();
    for (const event of heard.heard)
      if (event.type === 'audio') expect(event.audio.length % bytesPerSample(format)).toBe(0);
    const seconds = durationMs(format, heard.audio().length) / 1000;
    expect(seconds).toBeGreaterThan(1.5);
    expect(seconds).toBeLessThan(15);
    expect(new Set(heard.audio()).size).toBeGreaterThan(16);
  });

  promise('words are spoken while others are still being thought of', async (voice) => {
    const heard = listener();
    const utterance = voice.utter(heard.events);
    utterance.push(clauses[0] ?? '');
    await heard.begun();
    utterance.push(clauses[1] ?? '');
    utterance.finish();
    await heard.ended();
    expect(heard.audio(1).length).toBeGreaterThan(0);
  });

  promise('a caller who interrupts hears nothing more of it, and the next words are spoken', async (voice) => {
    const journal: string[] = [];
    const first = listener('first', journal);
    const second = listener('second', journal);
    const utterance = voice.utter(first.events);
    for (const words of [long, long]) utterance.push(words);
    utterance.finish();
    await first.begun();
    utterance.cancel();
    const before = first.heard.length;
    utterance.cancel();
    const next = voice.utter(second.events);
    next.push('Of course.');
    next.finish();
    await second.ended();
    expect(first.heard).toHaveLength(before);
    expect(first.heard.some(({ type }) => type === 'end')).toBe(false);
    expect(second.audio().length).toBeGreaterThan(0);
  });

  promise('cancelling before a word was pushed, or after the end, does nothing', async (voice) => {
    const none = listener();
    voice.utter(none.events).cancel();
    const whole = listener();
    const utterance = voice.utter(whole.events);
    utterance.push('Of course.');
    utterance.finish();
    utterance.finish();
    await whole.ended();
    const before = whole.heard.length;
    utterance.cancel();
    utterance.push('One more thing.');
    expect(whole.heard).toHaveLength(before);
    expect(none.heard).toEqual([]);
  });

  promise('an utterance waits until the one before it has been spoken', async (voice) => {
    const journal: string[] = [];
    const first = listener('first', journal);
    const second = listener('second', journal);
    const one = voice.utter(first.events);
    one.push(clauses.join(' '));
    const two = voice.utter(second.events);
    two.push('Goodbye.');
    two.finish();
    await second.ended();
    await first.ended();
    expect(journal.lastIndexOf('first end')).toBeGreaterThanOrEqual(0);
    expect(journal.lastIndexOf('first end')).toBeLessThan(journal.indexOf('second audio'));
  });

  promise('words after the finish are not spoken', async (voice) => {
    const heard = listener();
    const utterance = voice.utter(heard.events);
    utterance.push('Of course.');
    utterance.finish();
    utterance.push('One more thing.');
    await heard.ended();
    expect(heard.heard.filter(({ type }) => type === 'segment_end')).toHaveLength(1);
  });

  promise('an utterance without a word ends', async (voice) => {
    const heard = listener();
    voice.utter(heard.events).finish();
    await heard.ended();
    expect(heard.heard.map(({ type }) => type)).toEqual(['end']);
  });

  for (const [what, text] of [
    ['nothing', ''],
    ['white space', ' \n\t '],
    ['marks alone', '… — !?'],
    ['control characters', '\u0000\u0007\u001B[31m'],
    ['half a surrogate', 'a \uD83D b'],
    ['markup', '<speak><break time="9h"/>hello & goodbye</speak> [[w3:ld]]'],
    ['pictures', '👋🏽 🎉'],
    ['Cyrillic', 'Мы перезвоним вам через минуту.'],
    ['Japanese', '一分後にお電話します。'],
    ['Arabic', 'سنتصل بك بعد دقيقة'],
    ['one endless word', 'a'.repeat(2000)],
  ] as const)
    promise(`${what}: its segment ends like any other, and the next is spoken`, async (voice) => {
      const heard = listener();
      const utterance = voice.utter(heard.events);
      for (const words of [text, 'Goodbye.']) utterance.push(words);
      utterance.finish();
      await heard.ended();
      expect(heard.heard.filter(({ type }) => type === 'segment_end')).toHaveLength(2);
      expect(heard.audio(1).length).toBeGreaterThan(0);
    });

  promise('five minutes of speech in one piece are spoken to the end', async (voice, format) => {
    const heard = listener();
    const utterance = voice.utter(heard.events);
    utterance.push(long);
    utterance.finish();
    await heard.ended();
    expect(durationMs(format, heard.audio().length) / 1000).toBeGreaterThan(60);
  });

  promise('two calls speak at once, each in its own voice', async (voice, format, stop, tts) => {
    using other = tts.open({ format, voice: null, language: 'en-US', signal: stop.signal });
    const here = listener();
    const there = listener();
    const one = voice.utter(here.events);
    const two = other.utter(there.events);
    one.push('Of course.');
    two.push(clauses.join(' '));
    one.finish();
    two.finish();
    await Promise.all([here.ended(), there.ended()]);
    expect(there.audio().length).toBeGreaterThan(here.audio().length);
  });

  for (const way of ['closing its voice', 'the end of its call'])
    promise(`${way} silences it at once, and does not hurt the other calls`, async (voice, format, stop, tts) => {
      const heard = listener();
      const utterance = voice.utter(heard.events);
      utterance.push(long);
      utterance.finish();
      await heard.begun();
      if (way === 'closing its voice') voice[Symbol.dispose]();
      else stop.abort(new RingbackError('call_ended'));
      const before = heard.heard.length;
      utterance.push('One more thing.');
      using other = tts.open({ format, voice: null, language: 'en-US', signal: new AbortController().signal });
      const there = listener();
      const next = other.utter(there.events);
      next.push('Of course.');
      next.finish();
      await there.ended();
      expect(heard.heard).toHaveLength(before);
    });

  promise('a voice that it does not have is spoken by another or refused, never met with silence', async (...given) => {
    const [, format, stop, tts] = given;
    using other = tts.open({ format, voice: 'no-such-voice', language: 'tlh', signal: stop.signal });
    const heard = listener();
    const utterance = other.utter(heard.events);
    utterance.push('Of course.');
    utterance.finish();
    await heard.ended().catch(() => undefined);
    const last = heard.heard.at(-1);
    expect(last?.type === 'error' || (last?.type === 'end' && heard.audio().length > 0)).toBe(true);
  });
});
