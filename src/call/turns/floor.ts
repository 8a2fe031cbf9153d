import type { Clock, Timer } from '../../clock.ts';
import type { CallLimits } from '../../domain/agent.ts';
import type { CallEndReason } from '../../domain/call.ts';
import type { Log } from '../../log.ts';
import type { AgentTurn, AgentTurnEnd, Pipeline } from '../pipelines/pipeline.ts';
import type { Sentences } from '../sentences.ts';
import type { Transcript } from '../transcript.ts';
import { AgentFaults, isFault, type AgentFault } from './agent-faults.ts';
import type { BargeIn, BargeInDecision, CallerSign } from './barge-in/barge-in.ts';
import { isEcho } from './echo.ts';
import { FirstUtterance } from './first-utterance.ts';
import type { TurnTiming } from './latency.ts';
import { openCall, unwatched, type Opening } from './opening-moves.ts';
import { Pause } from './pause.ts';
import type { TurnPhrases } from './phrases.ts';
import { SilenceWatch } from './silence-watch.ts';
import { isInterruptible, nextFloor, type FloorEvent, type FloorState } from './states.ts';
import { Unheard } from './unheard.ts';

export interface FloorOptions {
  readonly callId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly pipeline: Pipeline;
  readonly transcript: Transcript;
  readonly bargeIn: BargeIn;
  readonly limits: CallLimits;
  readonly sentences: Sentences;
  readonly phrases: TurnPhrases;
  /** Whether the caller's words are understood, or only their voice heard. */
  readonly hasWords: boolean;
  /** Whether, at present, nobody understands them. */
  readonly isDeaf: () => boolean;
  /** On our own dial: the agent has had nothing to say yet. */
  readonly isUnopened: () => boolean;
  /** The call is to end now. Once. */
  readonly onEnd: (reason: CallEndReason) => void;
  /** Runs what may throw; a throw ends the call. */
  readonly guard: (run: () => void) => void;
}

/** The agent's last words are understood this long after them at the latest. */
const LATEST_ECHO_MS = 3_000;
/** The last words are waited for this long. */
const LONGEST_LEAVE_MS = 12_000;

/** Who has the floor: takes the caller's signs and turns, lets the agent speak, and cuts it off. */
export class Floor implements Disposable {
  readonly #options: FloorOptions;
  readonly #silence: SilenceWatch;
  readonly #unheard: Unheard;
  #state: FloorState = 'listening';
  #agent: AgentTurn | null = null;
  /** While the agent is silent for a voice. */
  #pause: Pause | null = null;
  /** What may have sounded of the agent's last turn, and when that was over. */
  #last: { readonly said: string; readonly untilMs: number } | null = null;
  /** When their voice, or a noise, began last. */
  #voicedMs = Infinity;
  #first: FirstUtterance | null = null;
  /** They said something that nobody has answered yet. */
  #unanswered = false;
  /** They press keys, and may press more: nothing is answered before it is known what they keyed. */
  #isKeying = false;
  #isEnding = false;
  readonly #faults = new AgentFaults();
  #leaveTimer: Timer | null = null;

  constructor(options: FloorOptions) {
    this.#options = options;
    const { clock, limits, sentences } = options;
    this.#silence = new SilenceWatch({
      clock,
      limits,
      onSilent: () => this.#say(sentences.stillThere),
      onGivenUp: () => this.leave('silence'),
    });
    this.#unheard = new Unheard({
      clock,
      isDeaf: options.isDeaf,
      onUnheard: () => options.hasWords && this.#say(sentences.notUnderstood),
    });
  }

  get state(): FloorState {
    return this.#state;
  }

  /** A tool asked to end the call; it does once the agent's words have been heard. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  begin(opening: Opening): void {
    if (opening.rest.kind !== 'callback') return this.#open(opening);
    this.#state = 'waiting';
    const { clock, hasWords } = this.#options;
    this.#first = new FirstUtterance({ clock, hasWords, onOver: () => this.#open(opening) });
  }

  /** Whether it is the agent itself that was understood: while it speaks, or just after, from a voice that began before. */
  isEcho(text: string): boolean {
    const { clock, phrases } = this.#options;
    if (this.#agent !== null) return isEcho(text, this.#agent.spoken.said, phrases.stops);
    const last = this.#last;
    if (last === null || this.#voicedMs >= last.untilMs || clock.nowMs() > last.untilMs + LATEST_ECHO_MS) return false;
    return isEcho(text, last.said, phrases.stops);
  }

  /** A whole turn of the caller. */
  turn(text: string, timing: TurnTiming, startedAt: Temporal.Instant, by: 'voice' | 'keys'): void {
    if (this.#state === 'ended' || (by === 'voice' && this.isEcho(text))) return;
    const decision = isInterruptible(this.#state) ? this.#consider({ kind: 'turn', text, by }) : 'answer_after';
    if (decision === 'interrupt') this.#interrupt();
    this.#options.transcript.caller(text, startedAt, decision !== 'aside');
    this.#silence.spoke();
    this.#unheard.words();
    if (this.#state === 'waiting') return this.#first?.turn();
    if (decision !== 'aside') this.#unanswered = true;
    this.#resume();
    if (this.#state === 'listening' && !this.#isKeying) this.#answer(timing);
  }

  /** The first key of an entry: whoever presses one has something to say, so the agent stops, and waits for `keyed`. */
  pressed(): void {
    this.#isKeying = true;
    this.#silence.spoke();
    this.#first?.words();
    if (isInterruptible(this.#state)) this.#interrupt();
    else this.#look();
  }

  /** What was keyed, as a turn. */
  keyed(text: string, timing: TurnTiming, startedAt: Temporal.Instant): void {
    this.#isKeying = false;
    this.turn(text, timing, startedAt, 'keys');
    this.#look();
  }

  /** They seem to have finished with these words: where they would be answered at once, the answer is thought of. */
  seemsOver(text: string): void {
    if (this.#state !== 'listening' || this.#isKeying || this.#unanswered || this.isEcho(text)) return;
    this.#options.pipeline.thinkAhead(text);
  }

  /** They have not finished. */
  goesOn(): void {
    this.#options.pipeline.dropThought();
  }

  /** Words that are not a turn yet. */
  words(text: string): void {
    if (text.trim() === '') return;
    this.#silence.sign();
    this.#unheard.words();
    this.#first?.words();
    if (this.#state !== 'speaking' && this.#state !== 'paused') return;
    if (this.#consider({ kind: 'words', text }) === 'interrupt') this.#interrupt();
    else this.#pause?.nod();
  }

  voice(change: 'started' | 'ended'): void {
    if (change === 'started') this.#voicedMs = this.#options.clock.nowMs();
    this.#silence.voice(change);
    this.#unheard.voice(change);
    this.#first?.voice(change);
    this.#pause?.voice(change);
    // A goodbye is not cut by a noise: it takes words.
    if (change === 'ended' || this.#state !== 'speaking' || this.#isEnding) return;
    const decision = this.#consider({ kind: 'voice' });
    if (decision === 'interrupt') this.#interrupt();
    if (decision === 'pause') this.#waitForWords();
  }

  /** Another sign of life. */
  sign(): void {
    this.#silence.sign();
  }

  /** From a tool: hangs up after the agent's last words have been heard. */
  endCall(): void {
    // Of an answer that was cut meanwhile: they had more to say.
    if (this.#agent !== null) this.#isEnding = true;
  }

  /** Says goodbye, or these words, and ends the call, after `withinMs` at the latest. */
  leave(reason: CallEndReason, words = this.#options.sentences.goodbye, withinMs = LONGEST_LEAVE_MS): void {
    if (this.#state === 'leaving' || this.#state === 'ended') return;
    this.#first?.[Symbol.dispose]();
    this.#cut();
    this.#to('leave');
    const { clock, pipeline, onEnd } = this.#options;
    this.#leaveTimer = clock.setTimer(withinMs, () => onEnd(reason));
    // A goodbye as all that they hear would count as the conversation: so they are rung again instead.
    if (reason !== 'machine' && this.#options.isUnopened()) return onEnd(reason);
    this.#hold(pipeline.say(words, unwatched), () => onEnd(reason));
  }

  [Symbol.dispose](): void {
    if (this.#state === 'ended') return;
    this.#first?.[Symbol.dispose]();
    this.#leaveTimer?.cancel();
    this.#cut();
    this.#to('end');
    this.#silence[Symbol.dispose]();
    this.#unheard[Symbol.dispose]();
  }

  // ---------------------------------------------------------------- the opening

  #open(opening: Opening): void {
    this.#first = null;
    const { pipeline, log, callId } = this.#options;
    openCall(opening, {
      pipeline,
      isOwed: () => this.#unanswered,
      isKeying: () => this.#isKeying,
      to: (event) => this.#to(event),
      hold: (turn, then) => this.#hold(turn, then),
      say: (text) => this.#say(text),
      answer: (instruction) => this.#answer(null, instruction),
      listen: () => this.#listen(),
      speaking: () => this.#speaking(),
      after: (end) => this.#after(end),
      fault: (end) => this.#fault(end),
      onMadeAnew: () => log.warn({ callId }, 'an opening is made anew'),
    });
  }

  // ---------------------------------------------------------------- the agent's turns

  #answer(timing: TurnTiming | null, instruction?: string): void {
    if (this.#state !== 'notice' && this.#state !== 'waiting') this.#listen();
    this.#to('think');
    this.#unanswered = false;
    this.#isEnding = false;
    const request = instruction === undefined ? { timing } : { timing, instruction };
    const turn = this.#options.pipeline.answer(request, { onSpeaking: () => this.#speaking() });
    this.#hold(turn, (end) => {
      if (end.kind === 'heard') this.#faults.heard(true);
      this.#after(end);
    });
  }

  #say(text: string): void {
    if (isInterruptible(this.#state)) this.#to('listen');
    this.#to('speak');
    this.#hold(this.#options.pipeline.say(text, unwatched), (end) => this.#after(end));
  }

  #speaking(): void {
    if (this.#state === 'thinking') this.#to('speak');
  }

  #after(end: AgentTurnEnd): void {
    if (isFault(end)) return this.#fault(end);
    if (end.kind === 'heard') this.#faults.heard(false);
    if (this.#isEnding) return this.#options.onEnd('agent_ended');
    this.#listen();
    if (this.#unanswered && !this.#isKeying) this.#answer(null);
  }

  #fault(end: AgentFault): void {
    const { log, callId, sentences, pipeline, onEnd } = this.#options;
    const canApologise = pipeline.canSay(sentences.apology);
    const next = this.#faults.next(end, { inNotice: this.#state === 'notice', canApologise });
    const fault = end.error instanceof Error ? end.error.name : 'unknown';
    log.error({ callId, fault, kind: end.kind, faults: this.#faults.count }, 'an agent turn failed');
    if (next === 'end') return onEnd('error');
    if (this.#isEnding) return onEnd('agent_ended');
    if (next === 'last_apology') return this.leave('error', sentences.lastApology);
    this.#say(sentences.apology);
  }

  #hold(turn: AgentTurn, then: (end: AgentTurnEnd) => void): void {
    this.#agent = turn;
    this.#last = null;
    void turn.over.then((end) => {
      // One that was cut is nobody's any more: whoever cut it has gone on.
      if (this.#agent !== turn) return;
      this.#agent = null;
      this.#last = { said: turn.spoken.said, untilMs: this.#options.clock.nowMs() };
      this.#options.guard(() => then(end));
    });
  }

  #consider(sign: CallerSign): BargeInDecision {
    const spoken = this.#agent?.spoken ?? { heard: '', said: '', leftMs: Infinity, readBack: null };
    return this.#options.bargeIn.consider(sign, spoken);
  }

  #waitForWords(): void {
    this.#agent?.pause();
    this.#to('pause');
    const settle = (kind: 'quiet' | 'long_voice'): void => {
      if (this.#consider({ kind }) === 'interrupt') this.#interrupt();
      else this.#resume();
    };
    this.#pause = new Pause({
      clock: this.#options.clock,
      onQuiet: () => settle('quiet'),
      onLongVoice: () => settle('long_voice'),
    });
  }

  #resume(): void {
    if (this.#state !== 'paused') return;
    this.#to('resume');
    this.#agent?.resume();
  }

  #interrupt(): void {
    this.#isEnding = false;
    this.#cut();
    this.#listen();
  }

  #cut(): void {
    const turn = this.#agent;
    if (turn === null) return;
    this.#agent = null;
    this.#last = { said: turn.spoken.said, untilMs: this.#options.clock.nowMs() };
    turn.interrupt();
  }

  #listen(): void {
    if (this.#state !== 'listening') this.#to('listen');
    else this.#look();
  }

  /** Whether they are waited for, and nothing else. */
  #look(): void {
    const isListening = this.#state === 'listening' && !this.#isKeying;
    this.#silence.idle(isListening);
    this.#unheard.listening(isListening);
  }

  #to(event: FloorEvent): void {
    this.#pause?.[Symbol.dispose]();
    this.#pause = null;
    this.#state = nextFloor(this.#state, event);
    this.#look();
  }
}
