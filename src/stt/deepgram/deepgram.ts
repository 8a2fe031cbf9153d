import type { AudioFormat } from '../../../media/audio-format.ts';
import type { AdapterContext } from '../../adapter.ts';
import { BackgroundTasks } from '../../service.ts';
import type { DeepgramAccount, DeepgramSdk } from '../../wire/deepgram.ts';
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
const knownModels = ['nova-3', 'nova-3-medical', 'nova-2', 'nova-2-phonecall'];

/** The recogniser of one account. Closing it waits for connections that are being closed. */
export function openDeepgramStt(
  sdk: DeepgramSdk,
  account: DeepgramAccount,
  settings: { readonly DEEPGRAM_STT_MODEL: string; readonly DEEPGRAM_MAX_STT_STREAMS: number },
  context: Pick<AdapterContext, 'clock' | 'log' | 'random'>,
): Stt {
  const { clock, log, random } = context;
  const defaultModel = settings.DEEPGRAM_STT_MODEL;
  const closing = new BackgroundTasks((error) =>
    log.warn(
      { vendor: 'deepgram', fault: error instanceof Error ? error.name : 'unknown' },
      'a live transcription could not be closed',
    ),
  );
  const open = new Set<Disposable>();
  return {
    name: 'deepgram',
    models: [...new Set([defaultModel, ...knownModels])],
    capabilities: { formats, endOfTurn: 'endpointing', streamsMax: settings.DEEPGRAM_MAX_STT_STREAMS },
    open(options, events) {
      const choices = choicesOf(options, defaultModel);
      let tried = 0;
      const stream = new DeepgramStream(
        {
          format: options.format,
          clock,
          log,
          random,
          dial: (events) => {
            const { model, language } = choices[tried] ?? { model: defaultModel, language: 'multi' };
            return openConnection({ sdk, account, clock, log, format: options.format, model, language }, events);
          },
          changeSettings() {
            if (tried + 1 >= choices.length) return false;
            tried += 1;
            log.warn({ vendor: 'deepgram', ...choices[tried] }, 'this model or language was refused: another is tried');
            return true;
          },
          leave: (closed) => closing.add(closed),
        },
        events,
      );
      const stop = (): void => {
        open.delete(stream);
        stream[Symbol.dispose]();
      };
      open.add(stream);
      if (options.signal.aborted) stop();
      else options.signal.addEventListener('abort', stop, { once: true });
      return {
        write: (audio) => stream.write(audio),
        finalize: () => stream.finalize(),
        [Symbol.dispose]() {
          options.signal.removeEventListener('abort', stop);
          stop();
        },
      };
    },
    [Symbol.asyncDispose]() {
      for (const stream of open) stream[Symbol.dispose]();
      return closing.settled();
    },
  };
}

/** What was asked for, then what is ever less of it: a name that Deepgram does not know leaves no caller unheard. */
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
