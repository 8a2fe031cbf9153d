import type { AudioFormat } from '../../media/audio-format.ts';
import type { Stt, SttCapabilities, SttEvents, SttOptions, SttStream } from '../../src/stt/stt.ts';
import { telephone } from './spoken-audio.ts';

/** An STT that understands what the test says; `last` is the stream that was opened last. */
export class ScriptedStt implements Stt {
  readonly name = 'scripted';
  readonly models = ['scripted-1'];
  readonly capabilities: SttCapabilities;
  readonly opened: SttOptions[] = [];
  open_ = 0;
  writtenBytes = 0;
  finalized = 0;
  turnsEnded = 0;
  failsToOpen = 0;
  #events: SttEvents | null = null;

  constructor(endOfTurn: SttCapabilities['endOfTurn'] = 'endpointing', formats: readonly AudioFormat[] = [telephone]) {
    this.capabilities = { formats, endOfTurn };
  }

  get last(): SttEvents {
    if (this.#events === null) throw new Error('no STT stream is open');
    return this.#events;
  }

  /** The person says this as one whole turn. */
  say(text: string): void {
    this.last.onInterim(text);
    this.last.onFinal(text);
    this.last.onEndOfTurn(text, false);
  }

  open(options: SttOptions, events: SttEvents): SttStream {
    if (this.failsToOpen > 0) {
      this.failsToOpen -= 1;
      throw new Error('no connection');
    }
    this.opened.push(options);
    this.open_ += 1;
    this.#events = events;
    let isOpen = true;
    return {
      write: (audio) => void (this.writtenBytes += audio.length),
      finalize: () => void (this.finalized += 1),
      endTurn: () => void (this.turnsEnded += 1),
      [Symbol.dispose]: () => {
        if (isOpen) this.open_ -= 1;
        isOpen = false;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
