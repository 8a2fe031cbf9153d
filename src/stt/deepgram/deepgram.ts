import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
import { isFlux } from '../../wire/deepgram-models.ts';
import { openLiveStt } from '../live-stt.ts';
import type { Stt, SttOptions } from '../stt.ts';
import { openConnection } from './connection.ts';
import { DeepgramStream } from './stream.ts';

/** Taken as they are: G.711 for telephones, PCM for the rest. */
const formats: readonly AudioFormat[] = [
  { encoding: 'pcm16', sampleRateHz: 16_000 },
  { encoding: 'mulaw', sampleRateHz: 8000 },
  { encoding: 'alaw', sampleRateHz: 8000 },
  ...[8000, 24_000, 32_000, 44_100, 48_000].map((sampleRateHz): AudioFormat => ({ encoding: 'pcm16', sampleRateHz })),
];
const NEWEST = 'nova-3';
const knownModels = [NEWEST, 'nova-3-medical', 'nova-2', 'nova-2-phonecall'];

/** The recogniser of one account. Closing it waits for connections that are being closed. */
export function openDeepgramStt(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: {
    readonly DEEPGRAM_STT_MODEL: string;
    readonly DEEPGRAM_MAX_STT_STREAMS: number;
    readonly DEEPGRAM_STT_BATCH_MS: number;
  },
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Stt {
  const { clock, log } = context;
  // A Flux model is the other adapter's; this one serves the agents that name it.
  const defaultModel = isFlux(settings.DEEPGRAM_STT_MODEL) ? NEWEST : settings.DEEPGRAM_STT_MODEL;
  return openLiveStt({
    name: 'deepgram',
    models: [...new Set([defaultModel, ...knownModels])],
    capabilities: { formats, endOfTurn: 'endpointing', streamsMax: settings.DEEPGRAM_MAX_STT_STREAMS },
    context,
    choicesOf: (options) => choicesOf(options, defaultModel),
    open: (options, choice, uplink, events) =>
      new DeepgramStream(
        {
          ...uplink,
          format: options.format,
          batchMs: settings.DEEPGRAM_STT_BATCH_MS,
          dial: (connection) =>
            openConnection({ sdk, account, clock, log, format: options.format, ...choice() }, connection),
        },
        events,
      ),
  });
}

/** What was asked for, then what is ever less of it. */
function choicesOf(options: SttOptions, defaultModel: string): { model: string; language: string }[] {
  const model = options.model ?? defaultModel;
  const [base = 'en'] = options.language.split('-');
  const choices = [
    { model, language: options.language },
    { model, language: base },
    { model: defaultModel, language: base },
    { model: defaultModel, language: 'multi' },
  ];
  return choices.filter(
    (one, index) =>
      choices.findIndex((other) => other.model === one.model && other.language === one.language) === index,
  );
}
