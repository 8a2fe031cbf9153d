import { randomUUID } from 'node:crypto';
import type {
  Bus,
  CarrierEvent,
  CarrierHost,
  Instruction,
  MediaSink,
  MediaStream,
} from '../../src/carriers/carrier.ts';
import { systemClock, type Timer } from '../../src/clock.ts';
import type { ConsoleWorld } from './console-world.ts';

const FRAME_MS = 20;
const WORD_MS = 180;

/**
 * A gateway's side of the softphone with an agent that repeats what it hears and, asked to "call me back in N seconds",
 * books that. Its voice is a hum: 20 ms frames, in step with the clock.
 */
export class ConsoleAgent implements CarrierHost {
  readonly bus: Bus = localBus();
  /** Everything that the pages sent as audio, in bytes. */
  heardBytes = 0;
  /** The loudest sample since somebody last set it to 0; 32,767 is the loudest that there is. */
  heardPeak = 0;
  /** The marks that pages reported. */
  readonly marks: string[] = [];
  /** How often pages said that somebody writes. */
  typings = 0;
  readonly #world: ConsoleWorld;
  readonly #live = new Map<string, { stream: MediaStream; stop: () => void }>();

  constructor(world: ConsoleWorld) {
    this.#world = world;
  }

  async handle(event: CarrierEvent): Promise<Instruction> {
    if (event.type === 'inbound')
      return this.#instruct(
        this.#world.putCall({
          from: event.from,
          to: event.to,
          ...(event.agentId === undefined ? {} : { agentId: event.agentId }),
        }).id,
      );
    if (event.type === 'answered') {
      const callback = [...this.#world.callbacks.values()].find(
        ({ currentAttemptId }) => currentAttemptId === event.attemptId,
      );
      if (callback === undefined) return { type: 'hangup' };
      const call = this.#world.putCall({
        direction: 'outbound',
        from: 'browser:ringback',
        to: callback.to,
        callbackId: callback.id,
        conversationId: callback.conversationId,
      });
      this.#world.putAttempt(callback.id, {
        id: event.attemptId,
        status: 'answered',
        callId: call.id,
        carrierCallId: event.carrierCallId,
        answeredAt: Temporal.Now.instant(),
      });
      this.#world.putCallback({ id: callback.id });
      return this.#instruct(call.id);
    }
    return { type: 'none' };
  }

  /** Whether a page talks to it in this call. */
  isLive(callId: string): boolean {
    return this.#live.has(callId);
  }

  async connect(stream: MediaStream, claim: { token: string }): Promise<MediaSink> {
    const callId = claim.token;
    const call = this.#world.calls.get(callId);
    let speech: Speech | null = null;
    let keys = '';
    const say = (text: string): void => {
      speech?.interrupt();
      speech = new Speech(this.#world, callId, stream, text);
    };
    const stop = (): void => speech?.interrupt();
    this.#live.set(callId, { stream, stop });
    say(
      call?.callbackId === null
        ? 'Hello, this is Ada. How can I help?'
        : 'Hello again! You asked me to call you back. Shall we go on where we were?',
    );
    return {
      onAudio: (audio) => {
        this.heardBytes += audio.length;
        this.heardPeak = Math.max(this.heardPeak, peakOf(audio));
      },
      onDtmf: (key) => {
        keys += key;
        if (key !== '#') return;
        const now = Temporal.Now.instant();
        this.#world.putTurn(callId, { role: 'caller', text: `[keypad] ${keys}`, startedAt: now, endedAt: now });
        keys = '';
      },
      onMark: (name) => {
        this.marks.push(name);
        speech?.marked(name);
      },
      onText: (text) => {
        const now = Temporal.Now.instant();
        speech?.interrupt();
        this.#world.putTurn(callId, { role: 'caller', text, startedAt: now, endedAt: now });
        say(this.#answer(callId, text));
      },
      onTyping: () => {
        this.typings += 1;
      },
      onClosed: () => {
        stop();
        this.#live.delete(callId);
        this.#world.putCall({
          id: callId,
          status: 'completed',
          endedAt: Temporal.Now.instant(),
          endReason: 'caller_hung_up',
        });
      },
    };
  }

  /** The gateway ends a call. */
  hangUp(callId: string): void {
    this.#live.get(callId)?.stream.close();
  }

  close(): void {
    for (const { stop } of this.#live.values()) stop();
  }

  #instruct(callId: string): Instruction {
    return { type: 'stream', callId, token: callId, streamUrl: '' };
  }

  #answer(callId: string, text: string): string {
    const seconds = /call me back in (\d+) second/i.exec(text)?.[1];
    if (seconds === undefined) return `You said: ${text}`;
    const call = this.#world.calls.get(callId);
    const dueAt = Temporal.Now.instant().add({ seconds: Number(seconds) });
    const callback = this.#world.putCallback({
      to: call?.from ?? '',
      dueAt,
      originCallId: callId,
      reason: 'Asked to go on later',
      timeZone: 'UTC',
      ...(call === undefined ? {} : { conversationId: call.conversationId }),
    });
    const say = `Booked. I call you back in ${seconds} seconds.`;
    const now = Temporal.Now.instant();
    this.#world.putTurn(callId, {
      role: 'tool',
      toolName: 'schedule_callback',
      toolArguments: { in_minutes: Number(seconds) / 60 },
      toolResult: { ok: true, callback_id: callback.id, say },
      startedAt: now,
      endedAt: now,
    });
    return say;
  }
}

/** One utterance: words and hum go out in step; what was played when it is cut off is what was heard. */
class Speech {
  readonly #world: ConsoleWorld;
  readonly #callId: string;
  readonly #stream: MediaStream;
  readonly #words: readonly string[];
  readonly #index: number;
  readonly #mark = randomUUID().slice(0, 8);
  readonly #startedMs = systemClock.nowMs();
  #frames = 0;
  #timer: Timer;
  #over = false;

  constructor(world: ConsoleWorld, callId: string, stream: MediaStream, text: string) {
    this.#world = world;
    this.#callId = callId;
    this.#stream = stream;
    this.#words = text.split(' ');
    this.#index = world.putTurn(callId, { role: 'agent', text: this.#words[0] ?? '' }).index;
    this.#timer = systemClock.setTimer(0, () => this.#step());
  }

  marked(name: string): void {
    if (name === this.#mark && !this.#over) this.#end(this.#words.join(' '), false);
  }

  interrupt(): void {
    if (this.#over) return;
    this.#stream.clear();
    this.#end(this.#words.slice(0, Math.floor((this.#frames * FRAME_MS) / WORD_MS)).join(' '), true);
  }

  #end(heardText: string, interrupted: boolean): void {
    this.#over = true;
    this.#timer.cancel();
    this.#world.putTurn(this.#callId, {
      index: this.#index,
      text: this.#words.join(' '),
      heardText,
      interrupted,
      endedAt: Temporal.Now.instant(),
    });
  }

  #step(): void {
    const dueFrames = (systemClock.nowMs() - this.#startedMs) / FRAME_MS + 5;
    const allFrames = (this.#words.length * WORD_MS) / FRAME_MS;
    for (; this.#frames < Math.min(dueFrames, allFrames); this.#frames += 1) {
      this.#stream.sendAudio(hum(this.#frames));
      if ((this.#frames * FRAME_MS) % WORD_MS === 0) {
        this.#world.putTurn(this.#callId, {
          index: this.#index,
          text: this.#words.slice(0, (this.#frames * FRAME_MS) / WORD_MS + 1).join(' '),
        });
      }
    }
    if (this.#frames >= allFrames) return this.#stream.sendMark(this.#mark);
    this.#timer = systemClock.setTimer(FRAME_MS, () => this.#step());
  }
}

function peakOf(pcm: Uint8Array): number {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.length);
  let peak = 0;
  for (let at = 0; at + 1 < pcm.length; at += 2) peak = Math.max(peak, Math.abs(view.getInt16(at, true)));
  return peak;
}

/** 20 ms of a soft tone that swells with each word. */
function hum(frame: number): Uint8Array {
  const pcm = Buffer.alloc(640);
  for (let index = 0; index < 320; index += 1) {
    const at = (frame * 320 + index) / 16_000;
    const swell = 0.5 - 0.5 * Math.cos((2 * Math.PI * at * 1000) / WORD_MS);
    pcm.writeInt16LE(Math.round(6_000 * swell * Math.sin(2 * Math.PI * 180 * at)), index * 2);
  }
  return pcm;
}

function localBus(): Bus {
  const hearers = new Set<(message: unknown) => void>();
  return {
    publish: async (message) => {
      for (const hear of hearers) hear(message);
    },
    subscribe: (hear) => {
      hearers.add(hear);
      return { [Symbol.dispose]: () => hearers.delete(hear) };
    },
  };
}
