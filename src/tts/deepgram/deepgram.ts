import { SpeakV1Model } from '@deepgram/sdk';
import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import { BackgroundTasks } from '../../service.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
import type { Tts, TtsOptions, TtsVoice } from '../tts.ts';
import { openLine } from './line.ts';
import { openDeepgramVoice } from './voice.ts';

/** As raw bytes: G.711 goes to a telephone as it is. */
const formats: readonly AudioFormat[] = [
  { encoding: 'pcm16', sampleRateHz: 24_000 },
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  ...[8000, 16_000, 32_000, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
];
const aura2 = Object.values(SpeakV1Model).filter((name) => name.startsWith('aura-2-') && name !== 'aura-2-perseo-it');
const MOST_REFUSED = 100;

/** The voices of one account. Closing it waits for lines that are being closed. */
export function openDeepgramTts(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: { readonly DEEPGRAM_TTS_MODEL: string; readonly DEEPGRAM_MAX_TTS_STREAMS: number },
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Tts {
  const { clock, log, random } = context;
  const voices = [...new Set([settings.DEEPGRAM_TTS_MODEL, ...aura2])];
  const refused = new Set<string>();
  const open = new Set<Disposable>();
  const closing = new BackgroundTasks((error) =>
    log.warn(
      { vendor: 'deepgram', fault: error instanceof Error ? error.name : 'unknown' },
      'a voice could not be closed',
    ),
  );
  return {
    name: 'deepgram',
    voices,
    capabilities: { formats, streamsMax: settings.DEEPGRAM_MAX_TTS_STREAMS },
    open(options) {
      const choices = choicesOf(options, voices).filter((name) => !refused.has(name));
      const voice = openDeepgramVoice({
        format: options.format,
        clock,
        log,
        random,
        signal: options.signal,
        dial: (onLost) =>
          openLine({
            sdk,
            account,
            clock,
            log,
            format: options.format,
            voice: choices[0] ?? settings.DEEPGRAM_TTS_MODEL,
            onLost,
          }),
        changeVoice() {
          if (choices.length < 2) return false;
          const [name] = choices.splice(0, 1);
          if (name !== undefined && refused.size < MOST_REFUSED) refused.add(name);
          log.warn(
            { vendor: 'deepgram', voice: name, instead: choices[0] },
            'this voice was refused: another is tried',
          );
          return true;
        },
        leave: (closed) => closing.add(closed),
      });
      const owned: TtsVoice = {
        utter: (events) => voice.utter(events),
        [Symbol.dispose]() {
          open.delete(owned);
          voice[Symbol.dispose]();
        },
      };
      open.add(owned);
      return owned;
    },
    [Symbol.asyncDispose]() {
      for (const voice of open) voice[Symbol.dispose]();
      return closing.settled();
    },
  };
}

/** The voice that was asked for, else the configured one, or one that speaks the language where that does not. */
function choicesOf({ voice, language }: TtsOptions, voices: readonly string[]): string[] {
  const [base = 'en'] = language.toLowerCase().split('-');
  const [configured = 'aura-2-thalia-en'] = voices;
  const native = configured.endsWith(`-${base}`) ? configured : voices.find((name) => name.endsWith(`-${base}`));
  return [...new Set([voice, native, configured])].filter((name) => typeof name === 'string');
}
