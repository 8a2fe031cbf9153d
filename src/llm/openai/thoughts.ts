const OPENING = '<think>';
const CLOSING = '</think>';

/**
 * Takes out of a stream of text what a model thinks aloud between `<think>` and `</think>`, which servers without a
 * parser for it leave in the answer. Nothing is held back but a tail that may become a tag, so words are never late.
 */
export class ThoughtFilter {
  #held = '';
  #isThinking = false;

  /** What of the text so far may be spoken. */
  take(text: string): string {
    let rest = this.#held + text;
    let spoken = '';
    for (let at = rest.indexOf(this.#tag); at >= 0; at = rest.indexOf(this.#tag)) {
      if (!this.#isThinking) spoken += rest.slice(0, at);
      rest = rest.slice(at + this.#tag.length);
      this.#isThinking = !this.#isThinking;
    }
    const held = overlap(rest, this.#tag);
    if (!this.#isThinking) spoken += rest.slice(0, rest.length - held);
    this.#held = rest.slice(rest.length - held);
    return spoken;
  }

  /** What was held back, once nothing more can come. */
  end(): string {
    const held = this.#isThinking ? '' : this.#held;
    this.#held = '';
    return held;
  }

  get #tag(): string {
    return this.#isThinking ? CLOSING : OPENING;
  }
}

/** How much of the text's end is the beginning of the tag. */
function overlap(text: string, tag: string): number {
  for (let length = Math.min(text.length, tag.length - 1); length > 0; length -= 1)
    if (text.endsWith(tag.slice(0, length))) return length;
  return 0;
}
