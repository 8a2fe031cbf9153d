import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer, type WebSocket } from 'ws';

const FRAME_BYTES = 160;
/** Frames of a call whose sending time is remembered: more than twenty seconds. */
const RING = 1_024;
const LLM_MS = 150;
const TOKEN_MS = 8;
const TTS_MS = 80;
/** Voice for each piece of text, unless its turn is to be longer. */
const SPEECH_MS = 500;
const BYTES_PER_MS = 8;
/** A TTS gives its audio in parts. */
const PART = Buffer.alloc(3_200, 0x7e);
/** How long a turn may stay without its first audio before the next one is started. */
const STALE_MS = 10_000;

interface Turn {
  readonly name: string;
  readonly speechMs: number;
  readonly finalMs: number;
  llmMs?: number;
  clauseMs?: number;
  ttsMs?: number;
  spokenMs?: number;
  done: boolean;
}

/** A loud tone of 400 Hz, which is taken for a voice. */
const LOUD = Buffer.from(Array.from({ length: FRAME_BYTES }, (_, index) => (index % 20 < 10 ? 0x10 : 0x90)));

/** 20 ms of near silence, or of a loud voice, in mu-law that carries the numbers of its call and of itself, four bits in each byte. */
export function numberedFrame(call: number, frame: number, loud: boolean): Buffer {
  const audio = loud ? Buffer.from(LOUD) : Buffer.alloc(FRAME_BYTES, 0xff);
  for (let digit = 0; digit < 4; digit += 1) audio[digit] = 0xf0 | ((call >> (digit * 4)) & 15);
  for (let digit = 0; digit < 6; digit += 1) audio[4 + digit] = 0xf0 | ((frame >> (digit * 4)) & 15);
  return audio;
}

function numbersOf(audio: Buffer): { call: number; frame: number } {
  let call = 0;
  let frame = 0;
  for (let digit = 0; digit < 4; digit += 1) call |= ((audio[digit] ?? 0) & 15) << (digit * 4);
  for (let digit = 0; digit < 6; digit += 1) frame |= ((audio[4 + digit] ?? 0) & 15) << (digit * 4);
  return { call, frame };
}

/** STT, LLM and TTS in the image of Deepgram and OpenAI, and the stop-watch between them. Whoever opens it closes it. */
export class LoadVendors {
  readonly url: string;
  /** From the sending of a frame to its arrival at the STT, in milliseconds. */
  frames: number[] = [];
  /** What the gateway added to a turn, in milliseconds: each vendor's own time is taken out. */
  overheads: number[] = [];
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #sentMs = new Map<number, Float64Array>();
  readonly #stt = new Map<number, WebSocket>();
  readonly #turns = new Map<number, Turn>();
  #turnsMade = 0;
  #dialled = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.#sockets = new WebSocketServer({ server, perMessageDeflate: false });
    this.#sockets.on('connection', (socket, request) => {
      socket.on('error', () => undefined);
      if (request.url?.startsWith('/v1/listen') === true) this.#listen(socket);
      else this.#speak(socket);
    });
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  static async open(): Promise<LoadVendors> {
    const server = createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4_096 });
    await once(server, 'listening');
    return new LoadVendors(server);
  }

  /** Calls that the carrier was asked to make. */
  get dialled(): number {
    return this.#dialled;
  }

  /** The open sockets to the STT and the TTS. */
  get open(): number {
    return this.#sockets.clients.size;
  }

  reset(): void {
    this.frames = [];
    this.overheads = [];
    this.#turns.clear();
  }

  /** A call is over. */
  forget(call: number): void {
    this.#sentMs.delete(call);
    this.#stt.delete(call);
    this.#turns.delete(call);
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  sent(call: number, frame: number): void {
    const ring = this.#sentMs.get(call) ?? new Float64Array(RING);
    this.#sentMs.set(call, ring);
    ring[frame % RING] = performance.now();
  }

  /** Audio of the agent came out of the gateway. */
  heard(call: number): void {
    const turn = this.#turns.get(call);
    if (turn?.spokenMs === undefined || turn.done) return;
    turn.done = true;
    const { finalMs, llmMs = finalMs, clauseMs = llmMs, ttsMs = clauseMs, spokenMs } = turn;
    this.overheads.push(llmMs - finalMs + (ttsMs - clauseMs) + (performance.now() - spokenMs));
  }

  /**
   * The caller has said something, which is answered with so much speech; false while their last turn is still being
   * answered.
   */
  startTurn(call: number, speechMs = SPEECH_MS): boolean {
    const last = this.#turns.get(call);
    const socket = this.#stt.get(call);
    if (socket === undefined || (last !== undefined && !last.done && performance.now() - last.finalMs < STALE_MS))
      return false;
    const name = `c${call}t${(this.#turnsMade += 1)}`;
    this.#turns.set(call, { name, speechMs, finalMs: performance.now(), done: false });
    this.#transcribe(socket, `hello ${name} again`, true);
    return true;
  }

  /** The caller is understood to say something while the agent speaks. */
  interject(call: number): void {
    const socket = this.#stt.get(call);
    if (socket !== undefined) this.#transcribe(socket, 'no wait please stop', false);
  }

  #transcribe(socket: WebSocket, transcript: string, isFinal: boolean): void {
    socket.send(
      JSON.stringify({
        type: 'Results',
        channel_index: [0, 1],
        // A stretch of its own: the same one twice is a repetition.
        start: this.#turnsMade * 2 + (isFinal ? 0 : 1),
        duration: 1,
        is_final: isFinal,
        speech_final: isFinal,
        from_finalize: false,
        channel: { alternatives: [{ transcript, confidence: 0.99, words: [] }] },
        metadata: { request_id: 'bench', model_uuid: 'bench' },
      }),
    );
  }

  #listen(socket: WebSocket): void {
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary)
        return void ((JSON.parse(data.toString()) as { type: string }).type === 'CloseStream' && socket.close());
      if (data.length < FRAME_BYTES) return;
      const nowMs = performance.now();
      // The last frame of the message is the one that had not to wait for others.
      const { call, frame } = numbersOf(data.subarray(data.length - FRAME_BYTES));
      this.#stt.set(call, socket);
      const sentMs = this.#sentMs.get(call)?.[frame % RING];
      if (sentMs !== undefined) this.frames.push(nowMs - sentMs);
    });
  }

  #speak(socket: WebSocket): void {
    let text = '';
    socket.send('{"type":"Metadata","request_id":"bench"}');
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString()) as { type: string; text?: string };
      if (message.type === 'Speak') text += message.text ?? '';
      else if (message.type === 'Clear') socket.send('{"type":"Cleared","sequence_id":0}');
      else if (message.type === 'Close') socket.close();
      else if (message.type === 'Flush') {
        void this.#say(socket, text);
        text = '';
      }
    });
  }

  async #say(socket: WebSocket, text: string): Promise<void> {
    const turn = this.#turnIn(text);
    if (turn !== undefined) turn.ttsMs ??= performance.now();
    await sleep(TTS_MS);
    if (socket.readyState !== socket.OPEN) return;
    if (turn !== undefined) turn.spokenMs ??= performance.now();
    const bytes = (turn?.speechMs ?? SPEECH_MS) * BYTES_PER_MS;
    for (let at = 0; at < bytes; at += PART.length) socket.send(PART.subarray(0, Math.min(PART.length, bytes - at)));
    socket.send('{"type":"Flushed","sequence_id":0}');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    if (request.url?.endsWith('/Calls.json') === true && request.method === 'POST') {
      const sid = `CA${String((this.#dialled += 1)).padStart(32, 'd')}`;
      return void response
        .writeHead(201, { 'content-type': 'application/json' })
        .end(`{"sid":"${sid}","status":"queued"}`);
    }
    if (request.url?.endsWith('/chat/completions') !== true) return void response.writeHead(404).end('{}');
    const turn = this.#turnIn(body);
    if (turn !== undefined) turn.llmMs ??= performance.now();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    await sleep(LLM_MS);
    // The name stands in the first clause, by which the turn is known at the TTS.
    for (const word of [
      turn?.name ?? 'well',
      ' it',
      ' is',
      ' settled',
      '.',
      ' Thank',
      ' you',
      ' for',
      ' waiting',
      '.',
    ]) {
      response.write(chunkOf({ content: word }, null));
      if (word === '.' && turn !== undefined) turn.clauseMs ??= performance.now();
      await sleep(TOKEN_MS);
    }
    response.end(`${chunkOf({}, 'stop')}data: [DONE]\n\n`);
  }

  /** The newest turn that a text names, if it is still the one of its call. */
  #turnIn(text: string): Turn | undefined {
    const found = [...text.matchAll(/c(\d+)t\d+/g)].at(-1);
    const turn = this.#turns.get(Number(found?.[1] ?? -1));
    return turn?.name === found?.[0] ? turn : undefined;
  }
}

function chunkOf(delta: object, finish: string | null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'bench', object: 'chat.completion.chunk', created: 1, model: 'bench', choices })}\n\n`;
}
