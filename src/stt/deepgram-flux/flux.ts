import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { openLiveStt } from '../live-stt.ts';
import type { Stt, SttOptions } from '../stt.ts';
import { openConnection } from './connection.ts';
import { FluxStream } from './stream.ts';

/** Mono, raw. */
const formats: readonly AudioFormat[] = [
  { encoding: 'pcm16', sampleRateHz: 16_000 },
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  ...[8000, 24_000, 44_100, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
];
const ENGLISH = 'flux-general-en';
const MULTILINGUAL = 'flux-general-multi';
const hints = ['de', 'en', 'es', 'fr', 'hi', 'it', 'ja', 'nl', 'pt', 'ru'];

export interface FluxSettings {
  readonly DEEPGRAM_STT_MODEL: string;
  readonly DEEPGRAM_MAX_FLUX_STREAMS: number;
  readonly DEEPGRAM_FLUX_EAGER: number;
}

/** The recogniser of one account. Closing it waits for connections that are being closed. */
export function openFluxStt(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: FluxSettings,
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Stt {
  const { clock, log } = context;
  const configured = isFlux(settings.DEEPGRAM_STT_MODEL) ? settings.DEEPGRAM_STT_MODEL : null;
  const eagerThreshold = settings.DEEPGRAM_FLUX_EAGER;
  return openLiveStt({
    name: 'deepgram-flux',
    models: [...new Set([configured ?? ENGLISH, ENGLISH, MULTILINGUAL])],
    capabilities: {
      formats,
      endOfTurn: eagerThreshold === 0 ? 'model' : 'eager_model',
      streamsMax: settings.DEEPGRAM_MAX_FLUX_STREAMS,
    },
    context,
    choicesOf: (options) => choicesOf(options, configured),
    open: (options, choice, uplink, events) =>
      new FluxStream(
        {
          ...uplink,
          format: options.format,
          dial: (connection) =>
            openConnection(
              { sdk, account, clock, log, format: options.format, eagerThreshold, ...choice() },
              connection,
            ),
        },
        events,
      ),
  });
}

/** What was asked for, then the model of many languages, which refuses none. */
function choicesOf(
  { model, language }: SttOptions,
  configured: string | null,
): { model: string; languageHint: string | null }[] {
  const [base = 'en'] = language.toLowerCase().split('-');
  const hint = hints.includes(base) ? base : null;
  const asked = model ?? configured ?? ENGLISH;
  // A model for English hears nothing in another language; a name that the agent gave is taken at its word.
  const first = model === null && base !== 'en' && asked === ENGLISH ? MULTILINGUAL : asked;
  const choices = [first, MULTILINGUAL, ENGLISH].map((name) => ({
    model: name,
    languageHint: name === MULTILINGUAL ? hint : null,
  }));
  return choices.filter((one, index) => choices.findIndex((other) => other.model === one.model) === index);
}
