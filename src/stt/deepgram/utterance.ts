import type { SttEvents } from '../stt.ts';

/** Somebody who speaks for minutes without a pause: so much is answered as one turn. */
const MOST_CHARACTERS = 8000;

/**
 * Puts the words of a turn together: finals add up until Deepgram hears the pause after them (`speech_final`), or finds
 * a gap after the last word (`UtteranceEnd`, which works where noise hides the pause and may come after the pause was
 * heard already). Each turn ends once, and only with words. (developers.deepgram.com/docs/understanding-end-of-speech-detection)
 */
export class Utterance {
  readonly #events: SttEvents;
  readonly #finals: string[] = [];
  #characters = 0;
  #started = false;
  #worded = false;

  constructor(events: SttEvents) {
    this.#events = events;
  }

  /** Voice was heard. Noise has it too, so that it may come again and again before a word does. */
  speechStarted(): void {
    if (this.#worded) return;
    this.#started = true;
    this.#events.onSpeechStarted();
  }

  /** `text` is all words of a stretch of audio that may still change. */
  interim(text: string): void {
    if (text === '') return;
    this.#begin();
    this.#events.onInterim([...this.#finals, text].join(' '));
  }

  /** `text` stays. */
  final(text: string): void {
    if (text === '') return;
    this.#begin();
    this.#finals.push(text);
    this.#characters += text.length;
    this.#events.onFinal(text);
    if (this.#characters > MOST_CHARACTERS) this.end();
  }

  /** They seem to have finished. */
  end(): void {
    this.#started = false;
    this.#worded = false;
    if (this.#finals.length === 0) return;
    const text = this.#finals.join(' ');
    this.#finals.length = 0;
    this.#characters = 0;
    this.#events.onEndOfTurn(text, false);
  }

  /** Words can come before the voice was noticed, or without that. */
  #begin(): void {
    this.#worded = true;
    if (this.#started) return;
    this.#started = true;
    this.#events.onSpeechStarted();
  }
}
