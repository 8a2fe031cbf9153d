import type { AdapterContext } from '../adapter.ts';
import { BackgroundTasks } from '../service.ts';
import type { Stt, SttEvents, SttOptions, SttStream } from './stt.ts';
import type { UplinkConnection, UplinkOptions } from './uplink.ts';

/** What every uplink of a recogniser is opened with. */
type Shared = Pick<UplinkOptions<never, UplinkConnection>, 'clock' | 'log' | 'random' | 'changeSettings' | 'leave'>;

export interface LiveSttOptions<Choice extends object> extends Pick<Stt, 'name' | 'models' | 'capabilities'> {
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'random'>;
  /** What was asked for, then what is ever less of it: a name that is not known leaves no caller unheard. Not empty. */
  readonly choicesOf: (options: SttOptions) => readonly Choice[];
  /** `choice` is the one in force whenever a connection is dialled. */
  readonly open: (options: SttOptions, choice: () => Choice, uplink: Shared, events: SttEvents) => SttStream;
}

/** A recogniser over live connections: owns its streams and what they still close. */
export function openLiveStt<Choice extends object>(own: LiveSttOptions<Choice>): Stt {
  const { name, models, capabilities, context } = own;
  const { log } = context;
  const closing = new BackgroundTasks((error) =>
    log.warn(
      { vendor: name, fault: error instanceof Error ? error.name : 'unknown' },
      'a live transcription could not be closed',
    ),
  );
  const open = new Set<Disposable>();
  return {
    name,
    models,
    capabilities,
    open(options, events) {
      const choices = own.choicesOf(options);
      let tried = 0;
      const choice = (): Choice => {
        const chosen = choices[tried];
        if (chosen === undefined) throw new Error('no settings are left');
        return chosen;
      };
      const uplink: Shared = {
        ...context,
        changeSettings() {
          if (tried + 1 >= choices.length) return false;
          tried += 1;
          log.warn({ vendor: name, ...choices[tried] }, 'this model or language was refused: another is tried');
          return true;
        },
        leave: (closed) => closing.add(closed),
      };
      const stream = own.open(options, choice, uplink, events);
      const stop = (): void => {
        open.delete(stream);
        stream[Symbol.dispose]();
      };
      open.add(stream);
      if (options.signal.aborted) stop();
      else options.signal.addEventListener('abort', stop, { once: true });
      return {
        write: (audio, isVoice) => stream.write(audio, isVoice),
        finalize: () => stream.finalize(),
        endTurn: () => stream.endTurn?.(),
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
