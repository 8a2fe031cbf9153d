import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bytesOf, silenceByte, type AudioFormat } from '../../media/audio-format.ts';
import { discoverAdapters } from '../../src/adapters.ts';
import { RingbackError } from '../../src/errors.ts';
import type { Stt, SttEvents } from '../../src/stt/stt.ts';
import { until } from '../support/until.ts';
import { tryAdapter, type Tried } from './support/rig.ts';

const definitions = (await discoverAdapters()).stt;

test('every recogniser that is found is tried', (context) => {
  // A suite that ran over nothing says so: it must not pass for one that proved something.
  if (definitions.length === 0) context.skip('src/stt has no adapter yet: this suite ran over none');
  expect(definitions.map(({ name }) => name)).not.toEqual([]);
});

describe.each(definitions.map((definition) => ({ name: definition.name, definition })))('$name', ({ definition }) => {
  let tried: Tried<Stt> | undefined;
  beforeAll(async () => {
    tried = await tryAdapter('stt', definition);
  }, 60_000);
  afterAll(async () => tried?.[Symbol.asyncDispose]());

  function promise(name: string, check: (opened: Opened) => Promise<void>): void {
    // oxlint-disable-next-line vitest/valid-title -- the promise below is the title
    test(name, { timeout: 60_000 }, async (context) => {
      if (tried === undefined) return context.skip(`${definition.title} can't run here`);
      const [format] = tried.vendor.capabilities.formats;
      if (format === undefined) throw new Error('it names no format that it takes');
      const { speech } = tried.rig ?? {};
      if (speech === undefined) return context.skip('its rig says no speech that its fake hears');
      await check({ stt: tried.vendor, format, speech });
    });
  }

  promise('it carries the name of its folder, and names its models', async ({ stt }) => {
    expect(stt.name).toBe(definition.name);
    expect(stt.models.length).toBeGreaterThan(0);
  });

  promise('what is said comes as words that stay', async (opened) => {
    const { heard, words } = listen(opened);
    await words;
    expect(heard.filter((event) => event.startsWith('error'))).toEqual([]);
  });

  promise('the bytes are its own once they are written', async (opened) => {
    const audio = opened.speech.audio.slice();
    const { words } = listen({ ...opened, speech: { ...opened.speech, audio } }, () => audio.fill(1));
    await words;
  });

  promise('two calls are heard at once', async (opened) => {
    await Promise.all([listen(opened).words, listen(opened).words]);
  });

  for (const way of ['closed', 'given up'])
    promise(`${way}, it says nothing more, and takes what is still written`, async (opened) => {
      const stop = new AbortController();
      const { heard, stream } = listen(opened, undefined, stop);
      if (way === 'closed') stream[Symbol.dispose]();
      else stop.abort(new RingbackError('call_ended'));
      const before = heard.length;
      stream.write(silence(opened.format));
      stream.finalize();
      stream[Symbol.dispose]();
      // Whatever was under way has come by the time that another call has been understood.
      await listen(opened).words;
      expect(heard).toHaveLength(before);
    });

  promise('more audio than it can hold is dropped, not refused', async (opened) => {
    const { stream } = listen(opened);
    for (let frame = 0; frame < 20_000; frame += 1) stream.write(silence(opened.format));
    stream[Symbol.dispose]();
    await listen(opened).words;
  });
});

interface Opened {
  readonly stt: Stt;
  readonly format: AudioFormat;
  readonly speech: { readonly audio: Uint8Array; readonly words: string };
}

/** Says the rig's speech to a stream of its own, in frames of 20 ms; `words` resolves when they were understood. */
function listen(
  { stt, format, speech }: Opened,
  afterWriting: () => void = () => undefined,
  stop = new AbortController(),
): { stream: ReturnType<Stt['open']>; heard: string[]; words: Promise<void> } {
  const heard: string[] = [];
  const understood = Promise.withResolvers<void>();
  let finals = '';
  const events: SttEvents = {
    onSpeechStarted: () => void heard.push('speech'),
    onInterim: (text) => void heard.push(`interim ${text}`),
    onFinal: (text) => {
      heard.push(`final ${text}`);
      finals = `${finals} ${text}`.trim();
      if (plain(finals).includes(plain(speech.words))) understood.resolve();
    },
    onEndOfTurn: (text) => void heard.push(`end ${text}`),
    onTurnResumed: () => void heard.push('resumed'),
    onError: (error) => {
      heard.push(`error ${error.name}`);
      understood.reject(error);
    },
  };
  const stream = stt.open({ format, language: 'en-US', model: null, signal: stop.signal }, events);
  const frame = bytesOf(format, 20);
  for (let from = 0; from < speech.audio.length; from += frame) stream.write(speech.audio.subarray(from, from + frame));
  afterWriting();
  stream.finalize();
  const words = until('the words', understood.promise, 30_000).finally(() => stream[Symbol.dispose]());
  words.catch(() => undefined);
  return { stream, heard, words };
}

function silence(format: AudioFormat): Uint8Array {
  return new Uint8Array(bytesOf(format, 20)).fill(silenceByte(format));
}

function plain(words: string): string {
  return words.toLowerCase().replaceAll(/[^\p{L}\p{N} ]/gu, '');
}
