/**
 * Reads the one message that comes fifty times a second, a frame of audio just as Twilio writes it, from its bytes:
 * without text, objects or garbage. Whatever is not exactly that is left to a JSON reader. One per stream.
 */
export class PlainFrameReader {
  readonly #tail: Buffer;
  #bytes = Buffer.alloc(1024);
  #audio = this.#bytes.subarray(0, 160);
  #sequence = 0;
  #at = 0;

  constructor(streamId: string) {
    const tail = `"},"streamSid":${JSON.stringify(streamId)}}`;
    // Of its own memory: a small part of Node's common one would keep all of that for as long as the call lasts.
    this.#tail = Buffer.alloc(Buffer.byteLength(tail), tail);
  }

  /** The frame's number in its stream, after a `read` that gave audio. */
  get sequence(): number {
    return this.#sequence;
  }

  /** The audio, whose bytes are reused; undefined where it is not a plain frame of the caller's. */
  read(message: Buffer): Buffer | undefined {
    this.#at = 0;
    if (!this.#passText(message, HEAD) || this.#passDigits(message) < 0) return undefined;
    if (!this.#passText(message, CHUNK)) return undefined;
    const sequence = this.#passDigits(message);
    if (sequence < 0 || !this.#passText(message, TIMESTAMP) || this.#passDigits(message) < 0) return undefined;
    if (!this.#passText(message, PAYLOAD)) return undefined;
    const end = message.length - this.#tail.length;
    const length = end - this.#at;
    if (length <= 0 || length % 4 !== 0) return undefined;
    const from = this.#at;
    this.#at = end;
    if (!this.#passText(message, this.#tail)) return undefined;
    this.#sequence = sequence;
    return this.#decode(message, from, end);
  }

  #passText(message: Buffer, text: Buffer): boolean {
    const at = this.#at;
    if (at + text.length > message.length) return false;
    for (let index = 0; index < text.length; index += 1) if (message[at + index] !== text[index]) return false;
    this.#at = at + text.length;
    return true;
  }

  /** -1 without any, or with so many that it is no number of ours. */
  #passDigits(message: Buffer): number {
    let value = 0;
    let at = this.#at;
    for (; at < message.length; at += 1) {
      const digit = (message[at] ?? 0) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    const count = at - this.#at;
    this.#at = at;
    return count === 0 || count > MOST_DIGITS ? -1 : value;
  }

  #decode(message: Buffer, from: number, end: number): Buffer | undefined {
    const padding = message[end - 1] !== PAD ? 0 : message[end - 2] !== PAD ? 1 : 2;
    const length = ((end - from) / 4) * 3 - padding;
    if (length + padding > this.#bytes.length) return undefined;
    const bytes = this.#bytes;
    const last = end - (padding === 0 ? 0 : 4);
    let to = 0;
    let invalid = 0;
    for (let at = from; at < last; at += 4) {
      const a = SIX_BITS[message[at] ?? 0] ?? NONE;
      const b = SIX_BITS[message[at + 1] ?? 0] ?? NONE;
      const c = SIX_BITS[message[at + 2] ?? 0] ?? NONE;
      const d = SIX_BITS[message[at + 3] ?? 0] ?? NONE;
      invalid |= a | b | c | d;
      bytes[to] = (a << 2) | (b >> 4);
      bytes[to + 1] = (b << 4) | (c >> 2);
      bytes[to + 2] = (c << 6) | d;
      to += 3;
    }
    if (padding > 0) {
      const a = SIX_BITS[message[last] ?? 0] ?? NONE;
      const b = SIX_BITS[message[last + 1] ?? 0] ?? NONE;
      const c = padding === 2 ? 0 : (SIX_BITS[message[last + 2] ?? 0] ?? NONE);
      invalid |= a | b | c;
      bytes[to] = (a << 2) | (b >> 4);
      bytes[to + 1] = (b << 4) | (c >> 2);
    }
    if ((invalid & NONE) !== 0) return undefined;
    // One view for all frames of the usual length.
    if (this.#audio.length !== length) this.#audio = bytes.subarray(0, length);
    return this.#audio;
  }
}

const HEAD = Buffer.from('{"event":"media","sequenceNumber":"');
const CHUNK = Buffer.from('","media":{"track":"inbound","chunk":"');
const TIMESTAMP = Buffer.from('","timestamp":"');
const PAYLOAD = Buffer.from('","payload":"');
/** Fewer than those of the largest whole number that is exact. */
const MOST_DIGITS = 15;
const PAD = '='.charCodeAt(0);
/** A bit that no six bits have: a character that stands for none. */
const NONE = 64;
const SIX_BITS = new Uint8Array(256).fill(NONE);
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
for (const [value, character] of ALPHABET.entries()) SIX_BITS[character] = value;
