import { Agent, request } from 'node:http';
import { WebSocket } from 'ws';

const FRAME_BYTES = 160;
const agent = new Agent({ keepAlive: true, maxSockets: 4_096 });

/** One call of the floor; it is over with its socket. */
export class FloorCall {
  readonly #socket: WebSocket;
  readonly #vendorsUrl: string;
  readonly #playing: Set<FloorCall>;
  readonly #stt: WebSocket;
  readonly #tts: WebSocket;
  readonly #messages: { role: string; content: string }[] = [];
  #streamSid = '';
  #audio: Buffer = Buffer.alloc(0);

  /** `playing` holds the calls that have audio to send; somebody calls their `emit` every 20 ms. */
  constructor(socket: WebSocket, vendorsUrl: string, playing: Set<FloorCall>) {
    this.#socket = socket;
    this.#vendorsUrl = vendorsUrl;
    this.#playing = playing;
    this.#stt = open(`${vendorsUrl}/v1/listen`);
    this.#tts = open(`${vendorsUrl}/v1/speak?encoding=mulaw&sample_rate=8000`);
    socket.on('message', (data: Buffer) => this.#hear(JSON.parse(data.toString('latin1')) as TwilioMessage));
    socket.on('close', () => {
      playing.delete(this);
      this.#stt.terminate();
      this.#tts.terminate();
    });
    this.#stt.on('message', (data: Buffer) => this.#told(JSON.parse(data.toString()) as SttMessage));
    this.#tts.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) return;
      const wasSilent = this.#audio.length < FRAME_BYTES;
      this.#audio = Buffer.concat([this.#audio, data]);
      playing.add(this);
      if (wasSilent) this.emit();
    });
  }

  /** Sends 20 ms, or leaves the ones that play. */
  emit(): void {
    if (this.#audio.length < FRAME_BYTES) return void this.#playing.delete(this);
    const payload = this.#audio.toString('base64', 0, FRAME_BYTES);
    this.#audio = this.#audio.subarray(FRAME_BYTES);
    this.#socket.send(`{"event":"media","streamSid":"${this.#streamSid}","media":{"payload":"${payload}"}}`);
  }

  #hear(message: TwilioMessage): void {
    if (message.event === 'start') this.#streamSid = message.streamSid;
    if (message.event === 'media' && this.#stt.readyState === WebSocket.OPEN)
      this.#stt.send(Buffer.from(message.media?.payload ?? '', 'base64'));
  }

  #told(message: SttMessage): void {
    const text = message.channel?.alternatives[0]?.transcript ?? '';
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

interface TwilioMessage {
  readonly event: string;
  readonly streamSid: string;
  readonly media?: { readonly payload: string };
}

interface SttMessage {
  readonly speech_final?: boolean;
  readonly channel?: { readonly alternatives: readonly { readonly transcript: string }[] };
}

function open(url: string): WebSocket {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { perMessageDeflate: false });
  socket.on('error', () => undefined);
  return socket;
}
