import type { SoftphoneEvent } from '../../api/softphone.ts';
import { pageClock } from '../time/clock.ts';
import { Sound } from './audio/sound.ts';
import { firstState, type PhoneState, type RingCard, type Stage } from './phone-state.ts';
import { SoftphoneSocket } from './socket.ts';

/** A call that is not connected within this time is given up. */
const CONNECT_MS = 20_000;
const MOST_PENDING = 20;
const MOST_KEYS = 64;
/** What the gateway calls an entry of keys in the transcript. */
const KEYPAD = '[keypad] ';
/** How often whoever writes says so. */
const TYPING_EVERY_MS = 2_000;

type LevelListener = (side: 'microphone' | 'agent', level: number) => void;

/** The softphone without its looks: one line, at most one call, any number of rings. Whoever opens it closes it. */
export class Phone {
  readonly #socket: SoftphoneSocket;
  readonly #listeners = new Set<() => void>();
  readonly #levelListeners = new Set<LevelListener>();
  #state: PhoneState = firstState;
  #sound: Sound | null = null;
  #cancelConnect: (() => void) | null = null;
  /** A ring that is answered as soon as the present call has ended. */
  #answerNext: RingCard | null = null;
  #wantsMicrophone = false;
  #toldTypingMs = -Infinity;

  constructor(url: string) {
    this.#socket = new SoftphoneSocket(url, {
      onEvent: (event) => this.#hear(event),
      onAudio: (pcm) => this.#sound?.play(pcm),
      onLost: () => this.#lost(),
    });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): PhoneState => this.#state;

  readonly onLevel = (listener: LevelListener): (() => void) => {
    this.#levelListeners.add(listener);
    return () => this.#levelListeners.delete(listener);
  };

  /** Call it in the answer to a click or a key: only then a browser makes sound. */
  call(options: { agentId?: string; microphone: boolean }): void {
    if (this.#busy) return;
    this.#begin(null, options.microphone);
    const { agentId } = options;
    if (!this.#socket.send(agentId === undefined ? { type: 'call' } : { type: 'call', agentId }))
      this.#end('The line to the gateway is down. It comes back by itself.');
  }

  /** As `call`. What goes on here is hung up first. */
  answer(ring: RingCard, options: { microphone: boolean }): void {
    this.#wantsMicrophone = options.microphone;
    if (this.#busy) {
      this.#answerNext = ring;
      this.hangUp();
      return;
    }
    this.#begin(ring, options.microphone);
    if (!this.#socket.send({ type: 'answer', ringId: ring.ringId }))
      this.#end('The line to the gateway is down. It comes back by itself.');
  }

  decline(ring: RingCard): void {
    this.#socket.send({ type: 'decline', ringId: ring.ringId });
    this.#dropRing(ring.ringId);
  }

  hangUp(): void {
    if (!this.#busy) return;
    // The gateway answers with `ended`; without a line there is nobody to answer.
    if (!this.#socket.send({ type: 'hangup' })) this.#end('Call ended');
  }

  say(text: string): void {
    const words = text.trim().slice(0, 2000);
    if (words === '' || this.#state.stage.name !== 'in_call') return;
    if (this.#socket.send({ type: 'text', text: words }))
      this.#set({ pending: [...this.#state.pending, words].slice(-MOST_PENDING) });
  }

  /** `key` is one of 0-9, `*` and `#`. */
  press(key: string): void {
    if (this.#state.stage.name !== 'in_call' || !this.#socket.send({ type: 'dtmf', digit: key })) return;
    this.#sound?.keyTone(key);
    this.#set({ keys: (this.#state.keys + key).slice(-MOST_KEYS) });
  }

  /** They are writing: nobody asks whether they are still there. */
  typing(): void {
    const nowMs = pageClock.nowMs();
    if (this.#state.stage.name !== 'in_call' || nowMs - this.#toldTypingMs < TYPING_EVERY_MS) return;
    if (this.#socket.send({ type: 'typing' })) this.#toldTypingMs = nowMs;
  }

  /** The transcript has these words now. */
  taken(text: string): void {
    const { keys } = this.#state;
    if (text.startsWith(KEYPAD) && keys.startsWith(text.slice(KEYPAD.length)))
      return this.#set({ keys: keys.slice(text.length - KEYPAD.length) });
    const index = this.#state.pending.indexOf(text);
    if (index !== -1) this.#set({ pending: this.#state.pending.toSpliced(index, 1) });
  }

  openMicrophone(): void {
    void this.#sound?.openMicrophone();
  }

  mute(): void {
    this.#sound?.mute();
  }

  /** From Ended back to Idle. */
  dismiss(): void {
    if (this.#state.stage.name === 'ended') this.#set({ stage: { name: 'idle' }, notice: null });
  }

  close(): void {
    this.#cancelConnect?.();
    this.#sound?.close();
    this.#socket.close();
    this.#listeners.clear();
    this.#levelListeners.clear();
  }

  get #busy(): boolean {
    return this.#state.stage.name === 'connecting' || this.#state.stage.name === 'in_call';
  }

  #hear(event: SoftphoneEvent): void {
    if (event.type === 'ready') return this.#set({ online: true });
    if (event.type === 'connected') return this.#connected(event.callId);
    if (event.type === 'ended') return this.#end(event.message ?? endings[event.cause]);
    if (event.type === 'ring') return this.#ring({ ...event, endsAtMs: pageClock.nowMs() + event.expiresInMs });
    if (event.type === 'ring_ended') return this.#ringEnded(event.ringId, event.cause);
    if (event.type === 'mark') return this.#sound?.mark(event.name);
    if (event.type === 'clear') return this.#sound?.clear();
    if (event.type === 'error')
      return this.#set({ notice: `The gateway did not understand this page: ${event.message}.` });
  }

  #begin(ring: RingCard | null, microphone: boolean): void {
    this.#sound?.close();
    this.#set({
      stage: { name: 'connecting', answering: ring },
      microphone: 'off',
      silent: false,
      pending: [],
      keys: '',
      notice: null,
    });
    this.#sound = new Sound({
      onFrame: (pcm) => {
        if (this.#state.stage.name === 'in_call') this.#socket.sendAudio(pcm);
      },
      onMark: (name) => void this.#socket.send({ type: 'mark', name }),
      onLevel: (side, level) => {
        for (const listener of this.#levelListeners) listener(side, level);
      },
      onMicrophone: (state) => this.#set({ microphone: state }),
      onSilent: () => this.#set({ silent: true }),
    });
    // Never waited for: the call goes on in writing while the browser asks.
    if (microphone) void this.#sound.openMicrophone();
    this.#cancelConnect?.();
    this.#cancelConnect = pageClock.after(CONNECT_MS, () => {
      this.#socket.send({ type: 'hangup' });
      this.#end('The gateway did not connect the call in time.');
    });
  }

  #connected(callId: string): void {
    if (this.#state.stage.name !== 'connecting') return;
    this.#cancelConnect?.();
    const ringId = this.#state.stage.answering?.ringId;
    this.#set({
      stage: { name: 'in_call', callId, sinceMs: pageClock.nowMs() },
      rings: this.#state.rings.filter((ring) => ring.ringId !== ringId),
    });
  }

  #end(message: string): void {
    const { stage } = this.#state;
    if (!this.#busy) return;
    this.#cancelConnect?.();
    this.#sound?.close();
    this.#sound = null;
    const talked =
      stage.name === 'in_call'
        ? { callId: stage.callId, seconds: (pageClock.nowMs() - stage.sinceMs) / 1000 }
        : { callId: null, seconds: null };
    const ended: Stage = { name: 'ended', message, ...talked };
    this.#set({ stage: ended, microphone: 'off', pending: [] });
    const next = this.#answerNext;
    this.#answerNext = null;
    if (next !== null) this.answer(next, { microphone: this.#wantsMicrophone });
  }

  #ring(card: RingCard): void {
    this.#set({ rings: [...this.#state.rings.filter(({ ringId }) => ringId !== card.ringId), card] });
  }

  #ringEnded(ringId: string, cause: Extract<SoftphoneEvent, { type: 'ring_ended' }>['cause']): void {
    this.#dropRing(ringId);
    const { stage } = this.#state;
    // Our own answer came second.
    if (stage.name === 'connecting' && stage.answering?.ringId === ringId && cause !== 'answered')
      this.#end(ringEndings[cause]);
  }

  #dropRing(ringId: string): void {
    this.#set({ rings: this.#state.rings.filter((ring) => ring.ringId !== ringId) });
  }

  #lost(): void {
    this.#set({ online: false, rings: [] });
    this.#end('The line to the gateway was lost. It comes back by itself.');
  }

  #set(change: Partial<PhoneState>): void {
    this.#state = { ...this.#state, ...change };
    for (const listener of this.#listeners) listener();
  }
}

const endings: Record<Extract<SoftphoneEvent, { type: 'ended' }>['cause'], string> = {
  hung_up: 'Call ended',
  refused: 'The gateway did not take this call.',
  lost: 'The call was lost.',
};

const ringEndings = {
  answered_elsewhere: 'It was answered on another page.',
  declined: 'It was declined on another page.',
  rang_out: 'It rang out.',
  cancelled: 'The call was called off.',
} as const;
