import { randomBytes } from 'node:crypto';
import { readMarkup, type Verb } from './markup.ts';
import { MediaLeg } from './media-leg.ts';
import { twilioSignature } from './signature.ts';

export type TwilioStatus =
  | 'queued'
  | 'initiated'
  | 'ringing'
  | 'in-progress'
  | 'completed'
  | 'busy'
  | 'no-answer'
  | 'canceled'
  | 'failed';

export interface TwilioCallOptions {
  readonly accountSid: string;
  readonly authToken: string;
  readonly direction: 'inbound' | 'outbound-api';
  readonly from: string;
  readonly to: string;
  /** The form of the create-call request, for an outbound one. */
  readonly request?: URLSearchParams;
  readonly createdAt: Temporal.Instant;
  /** Where its status is told, if anywhere. */
  readonly statusUrl: string | null;
  /** Sends webhooks elsewhere than where they are addressed to: another replica behind the same name. */
  readonly route: (url: string) => string;
  /** Whether a status callback of this kind is lost on the way. */
  readonly losesStatus: (status: TwilioStatus) => boolean;
}

/** One call at the fake Twilio: its state, its webhooks, its media. Methods of the test are what people do. */
export class TwilioCall {
  readonly sid = `CA${randomBytes(16).toString('hex')}`;
  readonly options: TwilioCallOptions;
  status: TwilioStatus;
  answeredBy: string | null = null;
  /** What each webhook answered, newest last. */
  readonly verbs: Verb[] = [];
  /** What the person heard so far: 20 ms of mu-law each, null for silence of ours. */
  readonly heard: (Buffer | null)[] = [];
  /** When each frame that was not silent was heard, by `performance.now()`: also over the gaps between streams. */
  readonly wordsAtMs: number[] = [];
  leg: MediaLeg | null = null;
  /** Streams that were opened for it. */
  streams = 0;
  /** Whether the webhook of a stream's end is sent. */
  asksWhatNext = true;
  #sequence = 0;
  readonly #ended = Promise.withResolvers<void>();
  #listeners: (() => void)[] = [];
  /** Frames in a row that were silent, since the last that was not; and those that were not since the last `quiet`. */
  #quietFrames = 0;
  #spokenFrames = 0;
  #openStreams = 0;
  readonly #webhooks: Promise<unknown>[] = [];

  constructor(options: TwilioCallOptions) {
    this.options = options;
    this.status = options.direction === 'inbound' ? 'ringing' : 'queued';
  }

  /** Resolves when the call is over. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get isOver(): boolean {
    return ['completed', 'busy', 'no-answer', 'canceled', 'failed'].includes(this.status);
  }

  /** All webhooks that were sent so far have been answered. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#webhooks);
  }

  /** Tells a status, as Twilio does: to the call's status callback, where it has one. */
  async enter(status: TwilioStatus, extra: Record<string, string> = {}): Promise<void> {
    if (this.isOver) return;
    this.status = status;
    const { statusUrl: url, losesStatus } = this.options;
    const isOver = this.isOver;
    if (isOver) this.leg?.stop();
    // A webhook that nobody takes is lost; the call goes its way all the same.
    if (url !== null && !losesStatus(status))
      await this.#post(url, {
        ...extra,
        CallbackSource: 'call-progress-events',
        SequenceNumber: String(this.#sequence++),
      }).catch(() => undefined);
    if (isOver) this.#ended.resolve();
  }

  /** Asks the webhook of the call for instructions and follows them. */
  async follow(url: string): Promise<void> {
    const response = await this.#post(url);
    if (response.status !== 200) return this.enter('failed');
    await this.run(readMarkup(await response.text()));
  }

  async run(verb: Verb): Promise<void> {
    this.verbs.push(verb);
    if (verb.verb !== 'connect') return this.enter('completed', { CallDuration: '3' });
    this.streams += 1;
    const { accountSid, authToken, route } = this.options;
    this.leg = new MediaLeg({
      url: route(verb.streamUrl),
      signature: twilioSignature(authToken, verb.streamUrl),
      authToken,
      accountSid,
      callSid: this.sid,
      streamSid: `MZ${randomBytes(16).toString('hex')}`,
      parameters: verb.parameters,
      onOpen: () => {
        this.#openStreams += 1;
        this.#spokenFrames = 0;
        this.#wake();
      },
      onHeard: (frame) => this.#hear(frame),
      onClosed: () => {
        this.leg = null;
        // The verb is over: Twilio asks what next, unless the call is.
        if (!this.isOver && this.asksWhatNext) this.#own(this.follow(verb.action));
      },
    });
  }

  /** Resolves when its n-th stream stands. */
  async opened(streams: number): Promise<void> {
    while (this.#openStreams < streams) await this.#change();
  }

  /** Resolves when so much has been said to them since the last `quiet`, or in a new stream. */
  async said(ms: number): Promise<void> {
    while (this.#spokenFrames * 20 < ms) await this.#change();
  }

  /** Resolves when something was said to them since the last time, and then nothing for so long. */
  async quiet(ms = 400): Promise<void> {
    while (this.#spokenFrames === 0 || this.#quietFrames * 20 < ms) await this.#change();
    this.#spokenFrames = 0;
  }

  hangUp(): Promise<void> {
    return this.enter('completed', { CallDuration: '12' });
  }

  /** What machine detection says. */
  async judge(answeredBy: string): Promise<void> {
    this.answeredBy = answeredBy;
    const url = this.options.request?.get('AsyncAmdStatusCallback');
    if (url != null) await this.#post(url, { AnsweredBy: answeredBy, MachineDetectionDuration: '2400' });
  }

  /** As the call resource of the API shows it. */
  resource(): Record<string, unknown> {
    const { accountSid, from, to, direction, createdAt } = this.options;
    return {
      sid: this.sid,
      account_sid: accountSid,
      from,
      to,
      direction,
      status: this.status === 'initiated' ? 'queued' : this.status,
      answered_by: this.answeredBy,
      date_created: rfc2822(createdAt),
      start_time: null,
      queue_time: '0',
    };
  }

  #hear(frame: Buffer | null): void {
    this.heard.push(frame === null ? null : Buffer.from(frame));
    this.#quietFrames = frame === null ? this.#quietFrames + 1 : 0;
    if (frame !== null) {
      this.#spokenFrames += 1;
      this.wordsAtMs.push(performance.now());
    }
    this.#wake();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#listeners.push(resolve));
  }

  #wake(): void {
    for (const wake of this.#listeners.splice(0)) wake();
  }

  #own(work: Promise<unknown>): void {
    this.#webhooks.push(work.catch(() => undefined));
  }

  #post(url: string, extra: Record<string, string> = {}): Promise<Response> {
    const { accountSid, authToken, from, to, direction, route } = this.options;
    const form = new URLSearchParams({
      AccountSid: accountSid,
      ApiVersion: '2010-04-01',
      CallSid: this.sid,
      CallStatus: this.status,
      Direction: direction,
      From: from,
      To: to,
      Caller: from,
      Called: to,
      ...(direction === 'inbound' ? { StirVerstat: 'TN-Validation-Passed-A' } : {}),
      ...extra,
    });
    const work = post(url, route, form, twilioSignature(authToken, url, form));
    this.#own(work);
    return work;
  }
}

/** With Twilio's own overrides in the fragment: tried again where there was no answer in time, or a 5xx. */
async function post(
  url: string,
  route: (url: string) => string,
  form: URLSearchParams,
  signature: string,
): Promise<Response> {
  const fragment = new URLSearchParams(url.split('#')[1] ?? '');
  const retries = Number(fragment.get('rc') ?? 1);
  const plain = url.split('#')[0] ?? url;
  for (let tries = 0; ; tries += 1) {
    try {
      const response = await fetch(route(plain), {
        method: 'POST',
        headers: { 'x-twilio-signature': signature },
        body: form,
        signal: AbortSignal.timeout(Number(fragment.get('rt') ?? 15_000)),
      });
      if (response.status < 500 || tries >= retries) return response;
    } catch (error) {
      if (tries >= retries) throw error;
    }
  }
}

function rfc2822(at: Temporal.Instant): string {
  return new Date(at.epochMilliseconds).toUTCString().replace('GMT', '+0000');
}
