import type { WebSocket } from 'ws';
import type { z } from 'zod';
import type { AudioFormat } from '../../media/audio-format.ts';
import type { AdapterContext, AdapterDefinition } from '../adapter.ts';
import type { CarrierEnd } from '../domain/attempt-states.ts';
import type { MachineVerdict } from '../domain/attempt.ts';

/**
 * A carrier: who rings telephones and streams their audio. One folder per carrier. The pure half (codec,
 * webhooks: verify, parse, perform's markup) knows no socket; I/O stands in one file beside it.
 *
 * The gateway drives it through `dial`, `find`, `get`, `hangup` and `perform`; the carrier tells the gateway
 * what happened through {@link CarrierHost}.
 */
export interface Carrier extends AsyncDisposable {
  readonly name: string;
  readonly capabilities: CarrierCapabilities;
  /** Webhooks, if it has any; mounted under `/carriers/<name>`. */
  readonly webhooks?: CarrierWebhooks;
  /** WebSocket routes, mounted under `/carriers/<name>`. */
  readonly sockets: readonly CarrierSocketRoute[];

  /** For carriers with an event socket of their own: connect, and stay connected until disposed. */
  start?(): void;
  /** Whether it can reach this number at all (E.164, or the carrier's own scheme). */
  reaches(number: string): boolean;
  /**
   * Asks once, and only once, for a call. Never retries and never throws: what is not certain is `unknown`.
   * Calls `request.beforeSend` when the connection stands, right before the request is written.
   */
  dial(request: DialRequest, options: { signal: AbortSignal }): Promise<DialResult>;
  /** Looks for the call of an attempt whose answer was lost. Throws if the carrier did not answer. */
  find(attempt: DialledAttempt, options: { signal: AbortSignal }): Promise<FoundCall | undefined>;
  /**
   * The calls of ours to this number that were begun at `since` or after it, the newest first, whatever attempts they were
   * for: after a failover the attempt may be lost. A carrier without it remembers no calls. Throws if the carrier did not
   * answer.
   */
  findTo?(to: string, options: { since: Temporal.Instant; signal: AbortSignal }): Promise<readonly FoundCall[]>;
  /** The present state of a call; undefined if the carrier knows none. Throws if it did not answer. */
  get(carrierCallId: string, options: { signal: AbortSignal }): Promise<FoundCall | undefined>;
  /** Ends a call in any state; a call that has ended already is a success. Throws if it did not answer. */
  hangup(carrierCallId: string, options: { signal: AbortSignal }): Promise<void>;
  /**
   * Whether the account may place calls, by a look that changes nothing. A carrier without this one stays paused until
   * an operator resumes it. Throws if the carrier did not answer.
   */
  accountMayCall?(options: { signal: AbortSignal }): Promise<boolean>;
  /** Does what the gateway decided about `event`: as the webhook's reply, or by a request of its own (then void). */
  perform(
    instruction: Instruction,
    event: CarrierEvent,
    options: { signal: AbortSignal },
  ): Promise<CarrierReply | void>;
}

export interface CarrierDefinition<Env extends z.ZodRawShape = z.ZodRawShape> extends Omit<
  AdapterDefinition<Env, Carrier>,
  'open'
> {
  /** With these settings it is reached over the public internet, which needs an https `PUBLIC_URL`. */
  needsHttps?(env: z.infer<z.ZodObject<Env>>): boolean;
  open(env: z.infer<z.ZodObject<Env>>, context: AdapterContext & { host: CarrierHost }): Promise<Carrier | undefined>;
}

/** Checks the shape of a carrier's default export. */
export function defineCarrier<Env extends z.ZodRawShape>(definition: CarrierDefinition<Env>): CarrierDefinition<Env> {
  return definition;
}

/** What the core may ask of a carrier, so that it never asks who it is. */
export interface CarrierCapabilities {
  /** It rings telephones: calling hours, caps, countries and do-not-call apply. */
  readonly ringsTelephone: boolean;
  /** `none`: a repeated create-call may call twice. */
  readonly idempotency: 'none' | { readonly windowMs: number };
  readonly machineDetection: boolean;
  /** It can drop audio that it has buffered. */
  readonly clear: boolean;
  /** Marks that `clear` flushed come back as if played. */
  readonly marksReturnedOnClear: boolean;
  /** It asks what to do when a stream has broken (`stream_over`); else a lost stream is the end of the call. */
  readonly reopensStreams: boolean;
  /** Its frames may overtake each other, by so many ms at most; absent: they keep their order. */
  readonly unorderedMs?: number;
  /** It sends frames while the caller is silent. */
  readonly sendsSilence: boolean;
  /** How far ahead of the playout audio may be sent, in ms. */
  readonly leadMs: number;
  /** Calls that the account may begin in a second, over all replicas; null is no limit. */
  readonly callsPerSecond: number | null;
  /** Calls that may be begun in a second from each of our numbers; null, or not said, is no limit. */
  readonly callsPerSecondPerNumber?: number | null;
}

// ---------------------------------------------------------------- dialling

export interface DialRequest {
  readonly attemptId: string;
  readonly callbackId: string;
  /** The attempt's number within its callback, from 1. */
  readonly attemptNumber: number;
  readonly callId: string;
  readonly to: string;
  readonly from: string;
  readonly ringTimeoutSeconds: number;
  readonly machineDetection: 'off' | 'detect' | 'detect_message_end';
  /** What a softphone may show while it rings. Never logged. */
  readonly display: { readonly agentName: string; readonly topic: string };
  /** To be called when connected, before the first byte; throws `dial_aborted` when it has become too late. */
  readonly beforeSend: () => void;
}

export type DialResult =
  /** The carrier took it. */
  | { readonly kind: 'placed'; readonly carrierCallId: string }
  /** Certain that there is no call, for a passing reason. */
  | { readonly kind: 'not_placed'; readonly detail: string; readonly retryAfterMs?: number }
  /** Certain that there is no call, and never will be for this request. */
  | {
      readonly kind: 'refused';
      readonly outcome: 'invalid_number' | 'not_permitted' | 'failed';
      readonly detail: string;
    }
  /** No call, because of the account: every dial of this carrier would fail. */
  | { readonly kind: 'account_fault'; readonly detail: string }
  /** A time-out, a reset, a 5xx, nonsense: it may or may not have been placed. */
  | { readonly kind: 'unknown'; readonly detail: string };

/** An attempt as `find` needs it. */
export interface DialledAttempt {
  readonly attemptId: string;
  readonly callbackId: string;
  readonly to: string;
  readonly from: string;
  readonly startedAt: Temporal.Instant;
}

/** A call as the carrier knows it when it is asked. */
export interface FoundCall {
  readonly carrierCallId: string;
  readonly state: 'queued' | 'ringing' | 'answered' | { readonly ended: CarrierEnd };
  readonly machineVerdict?: MachineVerdict;
}

// ---------------------------------------------------------------- what happened, and what to do

export type CarrierEvent =
  /** Somebody calls one of our numbers. Replied with an instruction. */
  | {
      readonly type: 'inbound';
      readonly carrierCallId: string;
      /** E.164 or the carrier's own scheme; null for a hidden caller. */
      readonly from: string | null;
      readonly to: string;
      readonly attestation: 'full' | 'partial' | 'none';
      /** IANA zone, where the carrier knows it (the browser does). */
      readonly timeZone?: string;
      /** The agent that the caller chose, where the carrier lets them (the browser does). */
      readonly agentId?: string;
    }
  /** The callee of one of our dials answered; asks what to do. */
  | {
      readonly type: 'answered';
      readonly attemptId: string;
      readonly carrierCallId: string;
      readonly origin?: DialOrigin;
    }
  /** Progress of a dial (`attemptId`) or of an inbound call (null). May come late, twice, in any order. */
  | {
      readonly type: 'progress';
      readonly attemptId: string | null;
      readonly carrierCallId: string;
      readonly state: 'placed' | 'ringing' | 'answered' | { readonly ended: CarrierEnd };
      readonly detail?: string;
      readonly origin?: DialOrigin;
    }
  | {
      readonly type: 'verdict';
      readonly attemptId: string;
      readonly carrierCallId: string;
      readonly verdict: MachineVerdict;
    }
  /** The media stream of a call is over and the carrier asks what next (Twilio's `action`). */
  | {
      readonly type: 'stream_over';
      readonly callId: string;
      readonly carrierCallId: string;
      /** The call is over too: nothing can be opened for it. */
      readonly callOver: boolean;
    };

/** What a dial was for, as the carrier repeats it: an attempt that the database lost can be written down again. */
export interface DialOrigin {
  readonly callbackId: string;
  readonly attemptNumber: number;
  readonly from: string | null;
}

export type Instruction =
  /** Open a media stream to `streamUrl` that presents `token` (single use, bound to the call, 60 s). */
  | {
      readonly type: 'stream';
      readonly callId: string;
      readonly token: string;
      readonly streamUrl: string;
    }
  /** Say a fixed sentence with the carrier's own voice, then hang up. */
  | { readonly type: 'say'; readonly text: string; readonly language: string }
  | { readonly type: 'hangup' }
  /** Nothing to do. */
  | { readonly type: 'none' };

/** What a carrier tells the gateway. Any replica may be told anything. */
export interface CarrierHost {
  /** Handles one event and says what to do; idempotent. Throws `not_ready` while the database is away. */
  handle(event: CarrierEvent): Promise<Instruction>;
  /** Offers a media stream; the token is consumed. Throws `stream_refused`: then the carrier closes the socket. */
  connect(stream: MediaStream, claim: { token: string; carrierCallId: string }): Promise<MediaSink>;
  /** Small messages to this carrier in every replica, this one included; lost while a replica is cut off. */
  readonly bus: Bus;
}

export interface Bus {
  /** `message` is JSON below 4 KiB. */
  publish(message: unknown): Promise<void>;
  /** `hear` must not throw. */
  subscribe(hear: (message: unknown) => void): Disposable;
}

// ---------------------------------------------------------------- webhooks

export interface CarrierWebhooks {
  readonly routes: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[];
  /** Whether the carrier signed it. Pure. */
  verify(request: CarrierRequest): boolean;
  /** What it says; throws `invalid_request`. Pure. */
  parse(request: CarrierRequest): readonly CarrierEvent[];
}

export interface CarrierRequest {
  /** The declared route's path, for example `/answer/:attemptId`. */
  readonly route: string;
  readonly method: string;
  /** `PUBLIC_URL` plus the raw request target: what the carrier signed. */
  readonly url: string;
  readonly params: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody: Buffer;
}

/** The answer to a webhook, as it goes out. */
export interface CarrierReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

// ---------------------------------------------------------------- media

export interface CarrierSocketRoute {
  readonly path: string;
  /** `carrier`: `authorize` decides. `session`: the console's session and Origin are checked by the server. */
  readonly guard: 'carrier' | 'session';
  /** Before the upgrade; false is answered with 403. */
  authorize(request: CarrierRequest): boolean;
  /** Owns the socket from here on. */
  accept(socket: WebSocket, request: CarrierRequest): void;
}

/** The live audio socket of a call, as the call session sees it. */
export interface MediaStream {
  readonly format: AudioFormat;
  readonly capabilities: CarrierCapabilities;
  /** Sends audio in `format`; keeps no reference to `audio` after it returns. No await, no throw. */
  sendAudio(audio: Uint8Array): void;
  /** Asks to be told (`onMark`) when everything sent before has played. */
  sendMark(name: string): void;
  /** Drops what the carrier has buffered, where it can. */
  clear(): void;
  /** Bytes accepted but not yet taken by the network. */
  readonly bufferedBytes: number;
  /** Ends the stream (and with it the call, unless the carrier goes on by itself). Idempotent. */
  close(): void;
}

/** What the call session hears from its stream. None of these may throw or wait. */
export interface MediaSink {
  /** `audio` is reused by the caller after the return: copy what is kept. */
  onAudio(audio: Uint8Array): void;
  /** So much of the caller's audio, in ms, was lost on the way: silence stands for it. */
  onLost?(lostMs: number): void;
  onDtmf(digit: string): void;
  onMark(name: string): void;
  /** A turn typed instead of spoken. */
  onText(text: string): void;
  /** They are writing a turn: a sign of life, and nothing more. */
  onTyping(): void;
  /** Once; nothing comes after it. */
  onClosed(cause: 'hung_up' | 'lost'): void;
}

/** Reads and writes one stream's messages. Pure; one per stream. */
export interface MediaCodec {
  /** Reads one message; calls `into` at most once, synchronously. */
  decode(data: Buffer, isBinary: boolean, into: MediaMessages): void;
  audio(audio: Uint8Array): string | Uint8Array;
  mark(name: string): string;
  /** Undefined where the carrier can't. */
  clear(): string | undefined;
}

export interface MediaMessages {
  onStart(start: {
    streamId: string;
    carrierCallId: string;
    format: AudioFormat;
    parameters: Readonly<Record<string, string>>;
  }): void;
  /** `sequence` counts the stream's frames up by one; 0 where the carrier numbers none. */
  onAudio(audio: Uint8Array, sequence: number): void;
  onDtmf(digit: string): void;
  onMark(name: string): void;
  onStop(): void;
  /** A known message that says nothing to us. */
  onIgnored(): void;
  /** Not of this protocol; the reader counts these and closes the socket. */
  onInvalid(reason: string): void;
}
