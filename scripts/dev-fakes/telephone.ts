import { callerFrame } from '../../test/fakes/spoken-audio.ts';
import type { TwilioCall } from '../../test/fakes/twilio/call.ts';
import { doesNotAnswer, isBusy, picksUp, type TwilioServer } from '../../test/fakes/twilio/server.ts';

export const BUSINESS = '+13105550142';
export const PERSON = '+12125550147';

export interface TelephoneOptions {
  readonly twilio: TwilioServer;
  /** The inbound-call webhook. */
  readonly voice: () => string;
  /** What the recogniser will understand, in order: the next burst of sound is the first that it has not heard yet. */
  readonly words: string[];
  readonly print: (line: string) => void;
}

type Answer = 'pick up' | 'busy' | 'ignore' | 'machine';

/** A person with a telephone, at the other end of the fake Twilio. */
export class Telephone {
  readonly #options: TelephoneOptions;
  #call: TwilioCall | null = null;
  #ring: PromiseWithResolvers<Answer> | null = null;
  #rings = Promise.withResolvers<void>();

  constructor(options: TelephoneOptions) {
    this.#options = options;
    options.twilio.callee = (call) => this.#rung(call);
  }

  get isOnCall(): boolean {
    return this.#call !== null;
  }

  /** Resolves when it rings next. */
  get rings(): Promise<void> {
    return this.#rings.promise;
  }

  /** Phones the business; resolves when somebody has answered. */
  async phone(): Promise<void> {
    const { twilio, voice, print } = this.#options;
    print(`   you phone ${BUSINESS}`);
    this.#hold(await twilio.phone(PERSON, BUSINESS, voice()));
  }

  /** The words are a burst of sound; the recogniser makes them words again. */
  say(words: string): void {
    const { print, words: understood } = this.#options;
    print(`     you  ${words}`);
    understood.push(words);
    const ms = Math.max(600, words.split(' ').length * 300);
    for (let at = 0; at < ms; at += 20) this.#call?.leg?.speak(callerFrame('voice'));
  }

  /** Resolves when the agent has said something and is silent. */
  async listen(): Promise<void> {
    await Promise.race([this.#call?.quiet(700), this.#call?.ended]);
  }

  /** What becomes of a telephone that rings. False where it does not. */
  answer(how: Answer): boolean {
    this.#ring?.resolve(how);
    return this.#ring !== null;
  }

  async hangUp(): Promise<void> {
    await this.#call?.hangUp();
  }

  /** Resolves when the call is over. */
  async over(): Promise<void> {
    await this.#call?.ended;
  }

  async #rung(call: TwilioCall): Promise<void> {
    const { print } = this.#options;
    const ring = (this.#ring = Promise.withResolvers<Answer>());
    print(`   the telephone rings: ${call.options.from} calls`);
    await call.enter('ringing');
    this.#rings.resolve();
    this.#rings = Promise.withResolvers<void>();
    const timeoutMs = Number(call.options.request?.get('Timeout') ?? 30) * 1000;
    const timer = setTimeout(() => ring.resolve('ignore'), timeoutMs);
    const how = await Promise.race([ring.promise, call.ended.then(() => 'over' as const)]);
    clearTimeout(timer);
    this.#ring = null;
    if (how === 'over') return print('   it has stopped ringing');
    print(`   ${sentences[how]}`);
    if (how === 'busy') return isBusy(call);
    if (how === 'ignore') return doesNotAnswer(call);
    this.#hold(call);
    await picksUp(call);
    await call.judge(how === 'machine' ? 'machine_start' : 'human');
  }

  #hold(call: TwilioCall): void {
    this.#call = call;
    void call.ended.then(() => {
      if (this.#call === call) this.#call = null;
      this.#options.print(`   the call is over (${call.status})`);
    });
  }
}

const sentences: Record<Answer, string> = {
  'pick up': 'you pick up',
  busy: 'you decline: Twilio says busy',
  ignore: 'nobody picks up',
  machine: 'a machine picks up',
};
