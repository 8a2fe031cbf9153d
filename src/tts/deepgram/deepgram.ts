import { SpeakV1Model } from '@deepgram/sdk';
import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { openLiveTts } from '../live-tts.ts';
import { openLine } from '../speech-line.ts';
import type { Tts, TtsOptions } from '../tts.ts';
import { openAuraProtocol } from './aura-protocol.ts';

/** As raw bytes: G.711 goes to a telephone as it is. */
const formats: readonly AudioFormat[] = [
  { encoding: 'pcm16', sampleRateHz: 24_000 },
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  ...[8000, 16_000, 32_000, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
];
const USUAL = 'aura-2-thalia-en';
const aura2 = Object.values(SpeakV1Model).filter((name) => name.startsWith('aura-2-') && name !== 'aura-2-perseo-it');

/** The voices of one account. Closing it waits for lines that are being closed. */
export function openDeepgramTts(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: { readonly DEEPGRAM_TTS_MODEL: string; readonly DEEPGRAM_MAX_TTS_STREAMS: number },
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Tts {
  const { clock, log } = context;
  // A voice of Flux is the other adapter's; this one serves the agents that name it.
  const configured = isFlux(settings.DEEPGRAM_TTS_MODEL) ? USUAL : settings.DEEPGRAM_TTS_MODEL;
  const voices = [...new Set([configured, ...aura2])];
  return openLiveTts({
    name: 'deepgram',
    voices,
    capabilities: { formats, streamsMax: settings.DEEPGRAM_MAX_TTS_STREAMS },
    context,
    choicesOf: (options) => choicesOf(options, configured, voices),
    dial: (voice, format, onLost) =>
      openLine({ sdk, account, clock, log, format, protocol: openAuraProtocol(voice), onLost }),
  });
}

/** The voice that was asked for, else the configured one, or one that speaks the language where that does not. */
function choicesOf({ voice, language }: TtsOptions, configured: string, voices: readonly string[]): string[] {
  const [base = 'en'] = language.toLowerCase().split('-');
  const native = configured.endsWith(`-${base}`) ? configured : voices.find((name) => name.endsWith(`-${base}`));
  return [...new Set([voice, native, configured])].filter((name) => typeof name === 'string');
}
