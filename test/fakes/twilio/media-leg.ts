import { WebSocket } from 'ws';
import { systemClock, type Timer } from '../../../src/clock.ts';
import { twilioSignature } from './signature.ts';

const FRAME_BYTES = 160;
const FRAME_MS = 20;
const SILENCE = Buffer.alloc(FRAME_BYTES, 0xff);

type Queued = { readonly audio: Buffer } | { readonly mark: string };

export interface MediaLegOptions {
  readonly url: string;
  readonly authToken: string;
  readonly accountSid: string;
  readonly callSid: string;
  readonly streamSid: string;
  readonly parameters: Readonly<Record<string, string>>;
  /** The signature to present, where it is to be another than the right one. */
  readonly signature?: string;
  readonly onOpen?: () => void;
  /** 20 ms of what the caller heard; null where nothing was there to be played. */
  readonly onHeard: (frame: Buffer | null) => void;
  /** The socket is gone; nothing comes after it. */
  readonly onClosed: (code: number) => void;
}

/**
 * Twilio's end of a media stream: opens the socket, sends 20 ms frames of the caller in step with the clock, plays what
 * it gets one after another in real time, and gives marks back when what came before them has played, or at once on
 * clear. Whoever opens it closes it.
 */
export class MediaLeg {
  readonly #options: MediaLegOptions;
  readonly #socket: WebSocket;
  readonly #speech: Buffer[] = [];
  #queue: Queued[] = [];
  #playing: Buffer = Buffer.alloc(0);
  #sequence = 1;
  #chunk = 0;
  #nextMs = 0;
  #timer: Timer | null = null;
  #begunMs = 0;
  /** Every message that the gateway sent, parsed, audio left out. */
  readonly received: { readonly event: string; readonly mark?: string }[] = [];
  clears = 0;
  /** Frames that came while nothing more was waiting to be played: how often the queue ran dry in the middle. */
  bytesReceived = 0;

  constructor(options: MediaLegOptions) {
    this.#options = options;
    this.#socket = new WebSocket(options.url, {
      perMessageDeflate: false,
      headers: {
        'x-twilio-signature':
          options.signature ?? twilioSignature(options.authToken, options.url.replace(/^http/, 'ws')),
      },
    });
    this.#socket.on('open', () => this.#begin());
    this.#socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString('utf8')) as Message));
    this.#socket.on('error', () => undefined);
    this.#socket.on('close', (code) => {
      this.#timer?.cancel();
      options.onClosed(code);
    });
  }

  get streamSid(): string {
    return this.#options.streamSid;
  }

  /** Says something: mu-law, any length. */
  speak(audio: Uint8Array): void {
    for (let at = 0; at < audio.length; at += FRAME_BYTES) {
      const frame = Buffer.from(SILENCE);
      frame.set(audio.subarray(at, at + FRAME_BYTES));
      this.#speech.push(frame);
    }
  }

  dtmf(digit: string): void {
    this.#send({ event: 'dtmf', dtmf: { track: 'inbound_track', digit } });
  }

  /** A message as it is, however wrong. */
  sendRaw(text: string): void {
    this.#socket.send(text);
  }

  /** The call ended at Twilio: a stop, then the close. */
  stop(): void {
    this.#send({ event: 'stop', stop: { accountSid: this.#options.accountSid, callSid: this.#options.callSid } });
    this.#socket.close(1000);
  }

  /** The network went away, without a word. */
  cut(): void {
    this.#socket.terminate();
  }

  #begin(): void {
    const { accountSid, callSid, streamSid, parameters } = this.#options;
    this.#socket.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }));
    this.#send({
      event: 'start',
      start: {
        accountSid,
        streamSid,
        callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: parameters,
      },
    });
    this.#options.onOpen?.();
    this.#begunMs = systemClock.nowMs();
    this.#nextMs = this.#begunMs;
    this.#tick();
  }

  #tick(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const payload = (this.#speech.shift() ?? SILENCE).toString('base64');
    const timestamp = String(Math.round(this.#nextMs - this.#begunMs));
    this.#send({ event: 'media', media: { track: 'inbound', chunk: String((this.#chunk += 1)), timestamp, payload } });
    this.#play();
    this.#nextMs += FRAME_MS;
    this.#timer = systemClock.setTimer(this.#nextMs - systemClock.nowMs(), () => this.#tick());
  }

  #play(): void {
    while (this.#playing.length < FRAME_BYTES) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      if ('mark' in next) this.#returnMark(next.mark);
      else this.#playing = Buffer.concat([this.#playing, next.audio]);
    }
    if (this.#playing.length === 0) return this.#options.onHeard(null);
    this.#options.onHeard(this.#playing.subarray(0, FRAME_BYTES));
    this.#playing = this.#playing.subarray(FRAME_BYTES);
  }

  #hear(message: Message): void {
    this.received.push({ event: message.event, ...(message.mark === undefined ? {} : { mark: message.mark.name }) });
    if (message.streamSid !== this.#options.streamSid) throw new Error('a message for another stream (31951)');
    if (message.event === 'media') {
      const audio = Buffer.from(message.media?.payload ?? '', 'base64');
      this.bytesReceived += audio.length;
      this.#queue.push({ audio });
    } else if (message.event === 'mark') {
      this.#queue.push({ mark: message.mark?.name ?? '' });
    } else if (message.event === 'clear') {
      this.clears += 1;
      this.#playing = Buffer.alloc(0);
      const marks = this.#queue.filter((queued) => 'mark' in queued);
      this.#queue = [];
      for (const { mark } of marks) this.#returnMark(mark);
    } else throw new Error(`Twilio knows no ${message.event} (31951)`);
  }

  #returnMark(name: string): void {
    this.#send({ event: 'mark', mark: { name } });
  }

  #send(message: Record<string, unknown>): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const { streamSid } = this.#options;
    this.#socket.send(JSON.stringify({ ...message, sequenceNumber: String(this.#sequence++), streamSid }));
  }
}

interface Message {
  readonly event: string;
  readonly streamSid?: string;
  readonly media?: { readonly payload: string };
  readonly mark?: { readonly name: string };
}
