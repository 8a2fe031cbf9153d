import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { openLiveTts } from '../live-tts.ts';
import { openLine } from '../speech-line.ts';
import type { Tts } from '../tts.ts';
import { openFluxProtocol } from './flux-protocol.ts';

/** As raw bytes: G.711 goes to a telephone as it is. */
const formats: readonly AudioFormat[] = [
  { encoding: 'pcm16', sampleRateHz: 24_000 },
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  ...[8000, 16_000, 32_000, 44_100, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
];
/** Two of the vendor's dozen; all speak English. */
const known = ['flux-alexis-en', 'flux-haley-en'] as const;

/** The voices of one account. Closing it waits for lines that are being closed. */
export function openFluxTts(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: { readonly DEEPGRAM_TTS_MODEL: string; readonly DEEPGRAM_MAX_TTS_STREAMS: number },
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Tts {
  const { clock, log } = context;
  const configured = isFlux(settings.DEEPGRAM_TTS_MODEL) ? settings.DEEPGRAM_TTS_MODEL : known[0];
  return openLiveTts({
    name: 'deepgram-flux',
    voices: [...new Set([configured, ...known])],
    capabilities: { formats, streamsMax: settings.DEEPGRAM_MAX_TTS_STREAMS },
    context,
    choicesOf: ({ voice }) => [...new Set([voice ?? configured, configured, known[0]])],
    dial: (voice, format, onLost) =>
      openLine({ sdk, account, clock, log, format, protocol: openFluxProtocol(voice, account), onLost }),
  });
}
