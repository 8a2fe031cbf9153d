import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';

const FRAME_BYTES = 160;
const QUOTE = '"'.charCodeAt(0);
const agent = new Agent({ keepAlive: true, maxSockets: 4_096 });

/** The STT gets 40 ms at a time, as from the product. */
const BATCH_BYTES = 2 * FRAME_BYTES;
/** Mean square of a frame that counts as a voice. */
const LOUD = 4e6;
const PAYLOAD = Buffer.from('"payload":"');

/** One call of the floor; it is over with its socket. */
export class FloorCall {
  readonly #socket: WebSocket;
  readonly #vendorsUrl: string;
  readonly #pacer: FloorPacer;
  readonly #stt: WebSocket;
  readonly #tts: WebSocket;
  readonly #messages: { role: string; content: string }[] = [];
  readonly #audio: Buffer[] = [];
  #offset = 0;
  #queued = 0;
  #batch = Buffer.allocUnsafe(BATCH_BYTES);
  #filled = 0;
  #head = '';
  #clear = '';

  constructor(socket: WebSocket, vendorsUrl: string, pacer: FloorPacer) {
    this.#socket = socket;
    this.#vendorsUrl = vendorsUrl;
    this.#pacer = pacer;
    this.#stt = open(`${vendorsUrl}/v1/listen`);
    this.#tts = open(`${vendorsUrl}/v1/speak?encoding=mulaw&sample_rate=8000`);
    socket.on('message', (data: Buffer) => this.#hear(data));
    socket.on('close', () => {
      pacer.leave(this);
      this.#stt.terminate();
      this.#tts.terminate();
    });
    this.#stt.on('message', (data: Buffer) => this.#told(JSON.parse(data.toString()) as SttMessage));
    this.#tts.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return;
      const wasSilent = this.#queued < FRAME_BYTES;
      this.#audio.push(data);
      this.#queued += data.length;
      if (!wasSilent) return;
      this.emit();
      pacer.enter(this);
    });
  }

  /** Sends 20 ms, or leaves the ones that play. */
  emit(): void {
    const [chunk] = this.#audio;
    if (chunk === undefined || this.#queued < FRAME_BYTES) return this.#pacer.leave(this);
    // Parts of the bench's voice are whole frames.
    const payload = chunk.toString('base64', this.#offset, this.#offset + FRAME_BYTES);
    this.#offset += FRAME_BYTES;
    this.#queued -= FRAME_BYTES;
    if (this.#offset >= chunk.length) {
      this.#audio.shift();
      this.#offset = 0;
    }
    this.#socket.send(`${this.#head}${payload}"}}`);
  }

  #hear(data: Buffer): void {
    const from = data.indexOf(PAYLOAD) + PAYLOAD.length;
    if (from < PAYLOAD.length) {
      const message = JSON.parse(data.toString('latin1')) as { event: string; streamSid: string };
      if (message.event !== 'start') return;
      this.#head = `{"event":"media","streamSid":"${message.streamSid}","media":{"payload":"`;
      this.#clear = `{"event":"clear","streamSid":"${message.streamSid}"}`;
      return;
    }
    const bytes = this.#batch.write(data.toString('latin1', from, data.indexOf(QUOTE, from)), this.#filled, 'base64');
    if (this.#queued > 0 && isLoud(this.#batch, this.#filled, bytes)) this.#interrupt();
    this.#filled += bytes;
    if (this.#filled < BATCH_BYTES) return;
    if (this.#stt.readyState === WebSocket.OPEN) this.#stt.send(this.#batch);
    this.#batch = Buffer.allocUnsafe(BATCH_BYTES);
    this.#filled = 0;
  }

  #interrupt(): void {
    this.#audio.length = 0;
    this.#offset = 0;
    this.#queued = 0;
    this.#socket.send(this.#clear);
  }

  #told(message: SttMessage): void {
    const text = message.channel?.alternatives[0]?.transcript ?? '';
    if (message.is_final === false && text.length > 5 && this.#queued > 0) this.#interrupt();
    if (message.speech_final !== true || text === '') return;
    this.#messages.push({ role: 'user', content: text });
    const body = JSON.stringify({ model: 'bench', stream: true, messages: this.#messages });
    const asked = request(`${this.#vendorsUrl}/v1/chat/completions`, { method: 'POST', agent }, (response) => {
      let rest = '';
      let clause = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        rest += chunk;
        for (let at = rest.indexOf('\n\n'); at >= 0; at = rest.indexOf('\n\n')) {
          const line = rest.slice('data: '.length, at);
          rest = rest.slice(at + 2);
          if (line === '[DONE]') return;
          clause += (JSON.parse(line) as { choices: [{ delta: { content?: string } }] }).choices[0].delta.content ?? '';
          if (!clause.endsWith('.')) continue;
          this.#tts.send(JSON.stringify({ type: 'Speak', text: clause }));
          this.#tts.send('{"type":"Flush"}');
          clause = '';
        }
      });
    });
    asked.on('error', () => undefined);
    asked.end(body);
  }
}

/** Sends of the calls in it every 20 ms, from when they entered. */
export interface FloorPacer {
  enter(call: FloorCall): void;
  leave(call: FloorCall): void;
}

interface SttMessage {
  readonly is_final?: boolean;
  readonly speech_final?: boolean;
  readonly channel?: { readonly alternatives: readonly { readonly transcript: string }[] };
}

function open(url: string): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
  socket.on('error', () => undefined);
  return socket;
}

/** Squares of what each mu-law byte stands for (ITU-T G.711). */
const SQUARES = Float64Array.from({ length: 256 }, (_, code) => {
  const inverted = ~code & 255;
  const magnitude = ((((inverted & 15) << 3) + 132) << ((inverted >> 4) & 7)) - 132;
  return magnitude * magnitude;
});

function isLoud(audio: Buffer, from: number, length: number): boolean {
  let sum = 0;
  for (let at = from; at < from + length; at += 1) sum += SQUARES[audio[at] ?? 0] ?? 0;
  return sum / length > LOUD;
}
