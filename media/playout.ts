/** One clause of speech on the stream. Positions are milliseconds of the agent's audio since the stream began. */
export interface SpokenSegment {
  readonly text: string;
  /** Null before its first audio. */
  readonly startMs: number | null;
  /** Null until all its audio is there; `writtenMs` is how far it has come. */
  readonly endMs: number | null;
  readonly writtenMs: number;
}

/** How late a mark may be before it is taken for lost: network and the carrier's own buffer. */
export const MARK_GRACE_MS = 1_500;
/** How long a character is taken to last while a segment's audio is not complete. */
const CHARACTER_MS = 60;
/** Frames and segments do not end on the same sample. */
const TOLERANCE_MS = 25;

interface OutstandingMark {
  readonly name: string;
  readonly positionMs: number;
  /** When the clock says that it will have been reached. */
  readonly playedAtMs: number;
}

/**
 * What the far end has heard, by the carrier's marks and by the clock: never more than the clock allows, never beyond a
 * mark that has not come back, never less than one that has. A mark that is long overdue is lost and counts no more, so
 * at most a few are outstanding.
 */
export class Playout {
  #sentMs = 0;
  #playEndMs = -Infinity;
  #markedMs = 0;
  readonly #outstanding: OutstandingMark[] = [];

  /** Milliseconds of audio given to the carrier, less what was cleared. */
  get sentMs(): number {
    return this.#sentMs;
  }

  /** When all that was sent will have been played, by the clock. */
  get playEndMs(): number {
    return this.#playEndMs;
  }

  /** A frame of `ms` was given to the carrier; it plays at `playAtMs`. */
  sent(playAtMs: number, ms: number): void {
    this.#sentMs += ms;
    this.#playEndMs = playAtMs + ms;
  }

  /** A mark was sent behind all that was sent so far. */
  marked(name: string, nowMs: number): void {
    this.#expire(nowMs);
    this.#outstanding.push({ name, positionMs: this.#sentMs, playedAtMs: this.#playEndMs });
  }

  /** A mark came back. Marks are played in order; one that was cleared, or is not ours, says nothing. */
  heardMark(name: string): void {
    const index = this.#outstanding.findIndex((mark) => mark.name === name);
    const mark = this.#outstanding[index];
    if (mark === undefined) return;
    this.#outstanding.splice(0, index + 1);
    this.#markedMs = Math.max(this.#markedMs, mark.positionMs);
  }

  /** How much of the agent's audio has been heard by now. */
  heardMs(nowMs: number): number {
    this.#expire(nowMs);
    const byClockMs = this.#sentMs - Math.max(0, this.#playEndMs - nowMs);
    const boundMs = this.#outstanding[0]?.positionMs ?? this.#sentMs;
    return Math.max(this.#markedMs, Math.min(byClockMs, boundMs));
  }

  /**
   * The speech was cut here. Where the carrier flushed what it held, that never counts as heard; else it plays to its
   * end and does. Marks that come back afterwards, as some carriers return those that they flushed, are not known any
   * more. Returns the position of the cut.
   */
  cut(nowMs: number, flushed: boolean): number {
    const heardMs = flushed ? this.heardMs(nowMs) : this.#sentMs;
    this.#outstanding.length = 0;
    this.#sentMs = heardMs;
    this.#markedMs = heardMs;
    if (flushed) this.#playEndMs = Math.min(this.#playEndMs, nowMs);
    return heardMs;
  }

  /** After a cut: the next frame stands at this position, and is sent again if it lies before. What was heard stays so. */
  goOnFrom(positionMs: number): void {
    this.#sentMs = positionMs;
  }

  #expire(nowMs: number): void {
    let mark = this.#outstanding[0];
    while (mark !== undefined && nowMs > mark.playedAtMs + MARK_GRACE_MS) {
      this.#outstanding.shift();
      mark = this.#outstanding[0];
    }
  }
}

/**
 * The words that were heard when the far end has come to `heardMs`: whole segments, and of the one that was cut the
 * share of its words that its audio had reached. A word that was cut is left out.
 */
export function heardText(segments: readonly SpokenSegment[], heardMs: number): string {
  const heard: string[] = [];
  for (const segment of segments) {
    if (segment.startMs === null || heardMs <= segment.startMs) break;
    if (segment.endMs !== null && heardMs >= segment.endMs - TOLERANCE_MS) {
      heard.push(segment.text);
      continue;
    }
    heard.push(wordsWithin(segment.text, shareOf(segment, segment.startMs, heardMs)));
    break;
  }
  return heard.join(' ').trim();
}

/**
 * Where speech that was stopped at `heardMs` is to go on: at the beginning of the word that was cut, or of the next one.
 * Never more than `mostMs` before it.
 */
export function resumeMs(segments: readonly SpokenSegment[], heardMs: number, mostMs: number): number {
  const cut = segments.find(
    ({ startMs, endMs }) => startMs !== null && startMs < heardMs && (endMs === null || heardMs < endMs - TOLERANCE_MS),
  );
  if (cut === undefined || cut.startMs === null) return heardMs;
  const whole = wordsWithin(cut.text, shareOf(cut, cut.startMs, heardMs));
  if (whole.length >= cut.text.length) return heardMs;
  // The space before a word belongs to it, so that it is not clipped.
  const startMs = cut.startMs + (whole.length / cut.text.length) * wholeMsOf(cut, cut.startMs);
  return Math.min(heardMs, Math.max(startMs, heardMs - mostMs));
}

function shareOf(segment: SpokenSegment, startMs: number, heardMs: number): number {
  // What sounded beyond its own audio were other words.
  const ownMs = Math.min(heardMs, segment.endMs ?? segment.writtenMs);
  return Math.min(1, (ownMs - startMs) / Math.max(1, wholeMsOf(segment, startMs)));
}

function wholeMsOf(segment: SpokenSegment, startMs: number): number {
  if (segment.endMs !== null) return segment.endMs - startMs;
  return Math.max(segment.writtenMs - startMs, segment.text.length * CHARACTER_MS);
}

function wordsWithin(text: string, share: number): string {
  const end = Math.floor(text.length * share);
  if (end >= text.length) return text;
  // The cut lies between two words when a space stands right there.
  if (/\s/.test(text.charAt(end))) return text.slice(0, end).trimEnd();
  return text.slice(0, Math.max(0, text.slice(0, end).search(/\s\S*$/))).trimEnd();
}
