import { once } from 'node:events';
import { WebSocket } from 'ws';
import { readMarkup } from '../../test/fakes/twilio/markup.ts';
import { ACCOUNT_SID, AUTH_TOKEN } from '../../test/fakes/twilio/server.ts';
import { twilioSignature } from '../../test/fakes/twilio/signature.ts';
import { Ear, type Heard } from './heard.ts';
import { numberedFrame, type LoadVendors } from './load-vendors.ts';

/** A cry of 140 ms. */
const CRY_FRAMES = 7;

/** A telephone on a carrier in Twilio's image. Whoever opens it closes it. */
export class LoadCall {
  readonly number: number;
  readonly #vendors: LoadVendors;
  readonly #streamSid: string;
  readonly #callSid: string;
  readonly #ear: Ear;
  #socket: WebSocket | null = null;
  #frames = 0;
  /** Loud frames that are still to be sent, and which of them stops the agent. */
  #loud = 0;
  #stopsAt = 0;

  constructor(number: number, vendors: LoadVendors, heard: Heard) {
    this.number = number;
    this.#vendors = vendors;
    this.#ear = new Ear(heard);
    this.#streamSid = `MZ${String(number).padStart(32, '0')}`;
    this.#callSid = `CA${String(number).padStart(32, '0')}`;
  }

  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Rings at `address`, whose webhooks are signed for `publicUrl`; without one it goes straight to the media socket. False
   * where the call was refused.
   */
  async connect(address: string, publicUrl: string): Promise<boolean> {
    const found =
      publicUrl === ''
        ? { url: `${address.replace(/^http/, 'ws')}/media`, signedUrl: '', parameters: {} }
        : await this.#ring(address, publicUrl);
    if (found === null) return false;
    const { url, signedUrl, parameters } = found;
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
    return true;
  }

  sendFrame(): void {
    if (!this.isOpen) return;
    const frame = (this.#frames += 1);
    const isLoud = this.#loud > 0;
    if (isLoud && CRY_FRAMES - this.#loud + 1 === this.#stopsAt) this.#ear.interrupted('voice');
    if (isLoud) this.#loud -= 1;
    this.#vendors.sent(this.number, frame);
    this.#socket?.send(
      `{"event":"media","sequenceNumber":"${frame + 1}","media":{"track":"inbound","chunk":"${frame}","timestamp":"${frame * 20}","payload":"${numberedFrame(this.number, frame, isLoud).toString('base64')}"},"streamSid":"${this.#streamSid}"}`,
    );
  }

  /** Cries out; the gateway takes it for a voice with the frame of this number. */
  cry(onsetFrames: number): void {
    this.#loud = CRY_FRAMES;
    this.#stopsAt = onsetFrames;
  }

  /** Is understood while the agent speaks. */
  interject(): void {
    this.#ear.interrupted('words');
    this.#vendors.interject(this.number);
  }

  /** As a carrier does at the end of a call. */
  async hangUp(): Promise<void> {
    const socket = this.#socket;
    if (socket === null || socket.readyState === WebSocket.CLOSED) return;
    this.#say({ event: 'stop', sequenceNumber: '0', stop: { accountSid: ACCOUNT_SID, callSid: this.#callSid } });
    await once(socket, 'close');
  }

  close(): void {
    this.#socket?.terminate();
  }

  async #ring(
    address: string,
    publicUrl: string,
  ): Promise<{ url: string; signedUrl: string; parameters: Record<string, string> } | null> {
    const form = new URLSearchParams({
      AccountSid: ACCOUNT_SID,
      ApiVersion: '2010-04-01',
      CallSid: this.#callSid,
      CallStatus: 'ringing',
      Direction: 'inbound',
      From: `+1212${5_551_000 + this.number}`,
      To: '+13105550142',
    });
    const path = '/carriers/twilio/voice';
    const answered = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: { 'x-twilio-signature': twilioSignature(AUTH_TOKEN, `${publicUrl}${path}`, form) },
      body: form,
    });
    if (!answered.ok) return null;
    const verb = readMarkup(await answered.text());
    if (verb.verb !== 'connect') return null;
    const url = `${address.replace(/^http/, 'ws')}${new URL(verb.streamUrl).pathname}`;
    return { url, signedUrl: verb.streamUrl, parameters: verb.parameters };
  }

  /** Gives a mark back when what came before it has played. */
  #hear(data: Buffer): void {
    const message = JSON.parse(data.toString('latin1')) as {
      event: string;
      media?: { payload: string };
      mark?: { name: string };
    };
    if (message.event === 'media') {
      this.#ear.media(message.media?.payload.length ?? 0);
      this.#vendors.heard(this.number);
    } else if (message.event === 'clear') this.#ear.clear();
    else if (message.event === 'mark')
      setTimeout(
        () => this.#say({ event: 'mark', sequenceNumber: '0', mark: message.mark }),
        this.#ear.leftMs(performance.now()),
      );
  }

  #say(message: object): void {
    if (this.isOpen) this.#socket?.send(JSON.stringify({ ...message, streamSid: this.#streamSid }));
  }
}
