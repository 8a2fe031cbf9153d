import type { AudioFormat } from '../../../media/audio-format.ts';
import type { MediaCodec, MediaMessages } from '../carrier.ts';
import { PlainFrameReader } from './plain-frame.ts';

/** Always this, whatever a `start` says beside it (twilio.com/docs/voice/media-streams/websocket-messages). */
export const twilioFormat: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };

/** Longer payloads are no telephone audio: ten seconds of it. */
const LONGEST_PAYLOAD_BYTES = 80_000;

/** Reads and writes Twilio's media messages: JSON text, audio as base64. One per stream. */
export function openTwilioCodec(): MediaCodec {
  return new TwilioCodec();
}

class TwilioCodec implements MediaCodec {
  #streamId = '';
  #plain: PlainFrameReader | null = null;
  #scratch = Buffer.alloc(1024);
  /** What stands before the audio of every message, and the bytes of the last one: paced frames come in the same. */
  #audioHead = '';
  #frame: Uint8Array | null = null;
  #frameBytes: Buffer = Buffer.alloc(0);

  decode(data: Buffer, isBinary: boolean, into: MediaMessages): void {
    if (isBinary) return into.onInvalid('Twilio sends text');
    const plain = this.#plain?.read(data);
    if (plain !== undefined && this.#plain !== null) return into.onAudio(plain, this.#plain.sequence);
    let message: unknown;
    try {
      message = JSON.parse(data.toString('utf8'));
    } catch {
      return into.onInvalid('not JSON');
    }
    if (!isRecord(message)) return into.onInvalid('not an object');
    switch (message['event']) {
      case 'media':
        return this.#media(message, into);
      case 'start':
        return this.#start(message, into);
      case 'mark':
        return isRecord(message['mark']) && typeof message['mark']['name'] === 'string'
          ? into.onMark(message['mark']['name'])
          : into.onInvalid('a mark without a name');
      case 'dtmf':
        return this.#dtmf(message, into);
      case 'stop':
        return into.onStop();
      case 'connected':
        return into.onIgnored();
      default:
        return into.onInvalid('an unknown event');
    }
  }

  audio(audio: Uint8Array): string {
    if (audio !== this.#frame) {
      this.#frame = audio;
      this.#frameBytes = Buffer.from(audio.buffer, audio.byteOffset, audio.byteLength);
    }
    return `${this.#audioHead}${this.#frameBytes.toString('base64')}"}}`;
  }

  mark(name: string): string {
    return JSON.stringify({ event: 'mark', streamSid: this.#streamId, mark: { name } });
  }

  clear(): string {
    return JSON.stringify({ event: 'clear', streamSid: this.#streamId });
  }

  #start(message: Record<string, unknown>, into: MediaMessages): void {
    const { start } = message;
    if (this.#streamId !== '') return into.onInvalid('a second start');
    if (!isRecord(start) || typeof start['callSid'] !== 'string') return into.onInvalid('a start without a call');
    const streamId = typeof message['streamSid'] === 'string' ? message['streamSid'] : start['streamSid'];
    if (typeof streamId !== 'string' || streamId === '') return into.onInvalid('a start without a stream');
    if (!isTelephoneAudio(start['mediaFormat'])) return into.onInvalid('audio that is not 8 kHz mu-law');
    this.#streamId = streamId;
    this.#plain = new PlainFrameReader(streamId);
    this.#audioHead = `{"event":"media","streamSid":${JSON.stringify(streamId)},"media":{"payload":"`;
    into.onStart({
      streamId,
      carrierCallId: start['callSid'],
      format: twilioFormat,
      parameters: textsOf(start['customParameters']),
    });
  }

  #media(message: Record<string, unknown>, into: MediaMessages): void {
    const { media } = message;
    if (this.#streamId === '') return into.onInvalid('audio before the start');
    if (!isRecord(media) || typeof media['payload'] !== 'string') return into.onInvalid('media without a payload');
    if (media['track'] === 'outbound') return into.onIgnored();
    const { payload } = media;
    if (payload.length > (LONGEST_PAYLOAD_BYTES * 4) / 3) return into.onInvalid('a payload that is too long');
    if (payload.length > this.#scratch.length) this.#scratch = Buffer.alloc(payload.length);
    const length = this.#scratch.write(payload, 'base64');
    if (length === 0) return into.onInvalid('a payload that is not base64');
    into.onAudio(this.#scratch.subarray(0, length), Number(media['chunk'] ?? 0));
  }

  #dtmf(message: Record<string, unknown>, into: MediaMessages): void {
    const digit = isRecord(message['dtmf']) ? message['dtmf']['digit'] : undefined;
    if (typeof digit !== 'string' || !/^[0-9A-D#*]$/.test(digit)) return into.onInvalid('a digit that is none');
    into.onDtmf(digit);
  }
}

function isTelephoneAudio(format: unknown): boolean {
  if (format === undefined) return true;
  return (
    isRecord(format) &&
    format['encoding'] === 'audio/x-mulaw' &&
    Number(format['sampleRate']) === 8000 &&
    Number(format['channels'] ?? 1) === 1
  );
}

/** The custom parameters, texts only, without a prototype to be tricked by. */
function textsOf(parameters: unknown): Record<string, string> {
  const texts: Record<string, string> = Object.create(null) as Record<string, string>;
  if (!isRecord(parameters)) return texts;
  for (const [name, value] of Object.entries(parameters)) if (typeof value === 'string') texts[name] = value;
  return texts;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
