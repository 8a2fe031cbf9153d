import { allSentencesOf } from '../../../src/call/sentences.ts';
import { systemClock, type Timer } from '../../../src/clock.ts';
import type { ChatRequest, Reply } from '../../fakes/openai-server.ts';
import { callerFrame, readAudio } from '../../fakes/spoken-audio.ts';
import type { TwilioCall } from '../../fakes/twilio/call.ts';
import { openTelephone, OURS, type Telephone, type Wire } from '../../integration/twilio/world.ts';
import { slowness } from '../../support/slowness.ts';
import { until } from '../../support/until.ts';

/** How long the voice takes for a character: a sentence in half a second. */
const CHARACTER_MS = 25;
const TICK_MS = 20;
/** The bound of the product on a machine that has time; what this process came late meanwhile is added. */
const LONGEST_SILENCE_MS = 3_000;
const MOST_TRIES = 10;

/** What the next voice says. */
interface Mouth {
  words: string | undefined;
}

export interface MediaRig extends AsyncDisposable {
  readonly phone: Telephone;
  /** Somebody phones; resolves when the greeting has been heard, or what stood for it. */
  ring(): Promise<Caller>;
}

/** Everything that the agent may say by itself is spoken by then. */
async function isPrepared(phone: Telephone): Promise<void> {
  const ours = allSentencesOf('en');
  const isThere = (): boolean => ours.every((sentence) => phone.deepgram.speeches.includes(sentence));
  for (let waits = 0; !isThere() && waits < 500; waits += 1) await pause(TICK_MS);
  if (!isThere()) throw new Error('the sentences were not spoken in advance');
}

/** The whole product over the Twilio wire, with a first call behind it, its vendors fakes whose voice spells what it says. */
export async function openMediaRig(reply: (request: ChatRequest) => Reply | Promise<Reply>): Promise<MediaRig> {
  // What nobody heard is not understood later.
  const mouth: Mouth = { words: undefined };
  const phone = await openTelephone({
    sentences: () => {
      const { words } = mouth;
      mouth.words = undefined;
      return words;
    },
    reply,
  });
  phone.deepgram.speaking.spells = true;
  phone.deepgram.speaking.msPerCharacter = CHARACTER_MS;
  const lag = new Lag();
  let callers = 0;
  const rig: MediaRig = {
    phone,
    async ring() {
      callers += 1;
      const from = `+121255501${10 + callers}`;
      for (let tries = 1; ; tries += 1) {
        const call = await phone.twilio.phone(from, OURS, phone.voice);
        // A gateway whose machine is busy says so, and is rung again.
        if (call.isOver && tries < MOST_TRIES) await pause(1_000);
        else {
          await until('the greeting', call.quiet(), 20_000);
          return new Caller(call, phone, mouth, lag);
        }
      }
    },
    async [Symbol.asyncDispose]() {
      lag[Symbol.dispose]();
      await phone[Symbol.asyncDispose]();
    },
  };
  try {
    const first = await rig.ring();
    await isPrepared(phone);
    await first.hangUp();
  } catch (error) {
    await rig[Symbol.asyncDispose]();
    throw error;
  }
  return rig;
}

/** One who phones: speaks, and hears. Assertions are about the audio that they got. */
export class Caller {
  readonly call: TwilioCall;
  readonly #phone: Telephone;
  readonly #mouth: Mouth;
  readonly #lag: Lag;
  #fromFrame = 0;
  #silentSinceMs = 0;

  constructor(call: TwilioCall, phone: Telephone, mouth: Mouth, lag: Lag) {
    this.call = call;
    this.#phone = phone;
    this.#mouth = mouth;
    this.#lag = lag;
  }

  /** Says this, with a voice of so long; resolves when all of it has left. */
  async say(text: string, ms = 600): Promise<void> {
    this.#mouth.words = text;
    this.#fromFrame = this.call.heard.length;
    for (let at = 0; at < ms; at += TICK_MS) this.call.leg?.speak(callerFrame('voice'));
    await pause(ms);
    this.#silentSinceMs = performance.now();
    this.#lag.reset();
  }

  /** The name of their stream, as the gateway knows it. */
  get streamSid(): string {
    return this.call.leg?.streamSid ?? '';
  }

  /** What was said to them since they spoke last. */
  get heard(): string {
    const frames = this.call.heard.slice(this.#fromFrame).filter((frame) => frame !== null);
    return readAudio(frames, CHARACTER_MS);
  }

  /** Resolves when they have heard this since they spoke last. */
  async hears(what: RegExp, withinMs = 20_000): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (!what.test(this.heard)) {
      if (performance.now() > untilMs) throw new Error(`waited ${withinMs} ms for ${what}; heard: ${this.heard}`);
      await pause(TICK_MS);
    }
  }

  /** The longest time without any sound since they fell silent, up to the last that was heard; what was late taken off. */
  get longestSilenceMs(): number {
    let quietSinceMs = this.#silentSinceMs;
    let longestMs = 0;
    for (const atMs of this.call.wordsAtMs) {
      if (atMs < this.#silentSinceMs) continue;
      longestMs = Math.max(longestMs, atMs - quietSinceMs);
      quietSinceMs = atMs;
    }
    return longestMs - this.#lag.mostMs;
  }

  get waitedTooLong(): boolean {
    return this.longestSilenceMs > LONGEST_SILENCE_MS * slowness();
  }

  /** The log of this call, once it is over. */
  async log(): Promise<Wire> {
    const own = ({ items }: Wire): Wire | undefined => items.find((one) => one['carrierCallId'] === this.call.sid);
    const all = await this.#phone.watch('the call log', '/calls', (body) => own(body)?.status === 'completed');
    return this.#phone.api('GET', `/calls/${own(all)?.id ?? ''}`);
  }

  async hangUp(): Promise<void> {
    await this.call.hangUp();
    await this.call.settled();
  }
}

export function pause(ms: number): Promise<void> {
  return systemClock.sleep(ms, new AbortController().signal);
}

/** How late the timers of this process were: the product and its fakes share it. */
class Lag implements Disposable {
  mostMs = 0;
  #timer: Timer;

  constructor() {
    this.#timer = this.#tick();
  }

  reset(): void {
    this.mostMs = 0;
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #tick(): Timer {
    const dueMs = performance.now() + TICK_MS;
    return systemClock.setTimer(TICK_MS, () => {
      this.mostMs = Math.max(this.mostMs, performance.now() - dueMs);
      this.#timer = this.#tick();
    });
  }
}
