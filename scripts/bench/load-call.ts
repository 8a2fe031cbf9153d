import { once } from 'node:events';
import { WebSocket } from 'ws';
import { readMarkup } from '../../test/fakes/twilio/markup.ts';
import { ACCOUNT_SID, AUTH_TOKEN } from '../../test/fakes/twilio/server.ts';
import { twilioSignature } from '../../test/fakes/twilio/signature.ts';
import { numberedFrame, type LoadVendors } from './load-vendors.ts';

const BYTES_PER_MS = 8;

/** A telephone on a carrier in Twilio's image. Whoever opens it closes it. */
export class LoadCall {
  readonly number: number;
  readonly #vendors: LoadVendors;
  readonly #streamSid: string;
  readonly #callSid: string;
  #socket: WebSocket | null = null;
  #frames = 0;
  /** When what was sent to them so far will have played. */
  #playsUntilMs = 0;

  constructor(number: number, vendors: LoadVendors) {
    this.number = number;
    this.#vendors = vendors;
    this.#streamSid = `MZ${String(number).padStart(32, '0')}`;
    this.#callSid = `CA${String(number).padStart(32, '0')}`;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Rings at `address`, whose webhooks are signed for `publicUrl`; without one it goes straight to the media socket. */
  async connect(address: string, publicUrl: string): Promise<void> {
    const { url, signedUrl, parameters } =
      publicUrl === ''
        ? { url: `${address.replace(/^http/, 'ws')}/media`, signedUrl: '', parameters: {} }
        : await this.#ring(address, publicUrl);
    const socket = new WebSocket(url, {
      perMessageDeflate: false,
      headers: { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, signedUrl) },
    });
    socket.on('message', (data: Buffer) => this.#hear(data));
    socket.on('error', () => undefined);
    await once(socket, 'open');
    this.#socket = socket;
    socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}');
    this.#say({
      event: 'start',
      sequenceNumber: '1',
      start: {
        accountSid: ACCOUNT_SID,
        streamSid: this.#streamSid,
        callSid: this.#callSid,
        tracks: ['inbound'],
        mediaFormat: { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
        customParameters: parameters,
      },
    });
  }

  sendFrame(): void {
    if (!this.isOpen) return;
    const frame = (this.#frames += 1);
    this.#vendors.sent(this.number, frame);
    this.#socket?.send(
      `{"event":"media","sequenceNumber":"${frame + 1}","media":{"track":"inbound","chunk":"${frame}","timestamp":"${frame * 20}","payload":"${numberedFrame(this.number, frame).toString('base64')}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #ring(address: string, publicUrl: string) {
    const form = new URLSearchParams({
      AccountSid: ACCOUNT_SID,
      ApiVersion: '2010-04-01',
      CallSid: this.#callSid,
      CallStatus: 'ringing',
      Direction: 'inbound',
      From: `+1212555${String(1_000 + this.number)}`,
      To: '+13105550142',
    });
    const path = '/carriers/twilio/voice';
    const answered = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, `${publicUrl}${path}`, form) },
      body: form,
    });
    const verb = readMarkup(await answered.text());
    if (verb.verb !== 'connect') throw new Error(`the call was not taken: ${JSON.stringify(verb)}`);
    const url = `${address.replace(/^http/, 'ws')}${new URL(verb.streamUrl).pathname}`;
    return { url, signedUrl: verb.streamUrl, parameters: verb.parameters };
  }

  /** Plays what comes one after the other, and gives a mark back when what came before it has played. */
  #hear(data: Buffer): void {
    const message = JSON.parse(data.toString('latin1')) as {
      event: string;
      media?: { payload: string };
      mark?: { name: string };
    };
    const nowMs = performance.now();
    if (message.event === 'media') {
      const bytes = ((message.media?.payload.length ?? 0) * 3) / 4;
      this.#playsUntilMs = Math.max(nowMs, this.#playsUntilMs) + bytes / BYTES_PER_MS;
      this.#vendors.heard(this.number);
    } else if (message.event === 'clear') this.#playsUntilMs = nowMs;
    else if (message.event === 'mark')
      setTimeout(
        () => this.#say({ event: 'mark', sequenceNumber: '0', mark: message.mark }),
        Math.max(0, this.#playsUntilMs - nowMs),
      );
  }

  #say(message: object): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify({ ...message, streamSid: this.#streamSid }));
  }
}
