import type { AudioFormat } from '../../media/audio-format.ts';
import type { AdapterContext } from '../adapter.ts';
import { BackgroundTasks } from '../service.ts';
import { openLineVoice } from './line-voice.ts';
import type { Line } from './speech-line.ts';
import type { Tts, TtsOptions, TtsVoice } from './tts.ts';

export interface LiveTtsOptions extends Pick<Tts, 'name' | 'voices' | 'capabilities'> {
  readonly context: Pick<AdapterContext, 'clock' | 'log' | 'random'>;
  /** The voice that was asked for, then others that would do. Not empty. */
  readonly choicesOf: (options: TtsOptions) => readonly string[];
  readonly dial: (voice: string, format: AudioFormat, onLost: () => void) => Line;
}

const MOST_REFUSED = 100;

/** Voices over live lines: owns them and what they still close. A voice that was refused once is not tried again. */
export function openLiveTts({ name, voices, capabilities, context, choicesOf, dial }: LiveTtsOptions): Tts {
  const { log } = context;
  const refused = new Set<string>();
  const open = new Set<Disposable>();
  const closing = new BackgroundTasks((error) =>
    log.warn({ vendor: name, fault: error instanceof Error ? error.name : 'unknown' }, 'a voice could not be closed'),
  );
  return {
    name,
    voices,
    capabilities,
    open(options) {
      const asked = choicesOf(options);
      const left = asked.filter((voice) => !refused.has(voice));
      const choices = left.length === 0 ? asked.slice(-1) : left;
      const voice = openLineVoice({
        ...context,
        format: options.format,
        signal: options.signal,
        dial: (onLost) => dial(choices[0] ?? '', options.format, onLost),
        changeVoice() {
          if (choices.length < 2) return false;
          const [first] = choices.splice(0, 1);
          if (first !== undefined && refused.size < MOST_REFUSED) refused.add(first);
          log.warn({ vendor: name, voice: first, instead: choices[0] }, 'this voice was refused: another is tried');
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
