import { durationMs } from '../../media/audio-format.ts';
import type { Pacer } from '../../media/pacer.ts';
import { openEnergyGate, type VoiceActivity } from '../../media/voice-activity.ts';
import type { MediaSink, MediaStream } from '../carriers/carrier.ts';
import type { Clock } from '../clock.ts';
import { MOST_RESUMES, type CallEndReason } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { BackgroundTasks } from '../service.ts';
import { assembleCall, type CallParts } from './call-parts.ts';
import { Guard } from './guard.ts';
import { openingOf } from './opening.ts';
import type { CallBriefing, LiveCallsOptions, Recorder } from './ports.ts';
import type { PhraseBooks } from './phrases.ts';
import { prepareOpening, type PreparedOpening } from './prepared-openings.ts';
import type { TurnTiming } from './turns/latency.ts';
import { StandingSilence } from './standing-silence.ts';
import { WriteQueue } from './write-queue.ts';

export interface CallSessionOptions extends LiveCallsOptions {
  readonly briefing: CallBriefing;
  readonly stream: MediaStream;
  readonly pacer: Pacer;
  /** What is spoken in advance; null where nothing is. */
  readonly books: PhraseBooks | null;
  /** What was prepared while it rang; the session disposes it. */
  readonly prepared: PreparedOpening | null;
  /** Owns what outlives the session: tools that do not stop. */
  readonly tasks: BackgroundTasks;
  /** Aborted when nobody waits for the last writes any more. */
  readonly hurry: AbortSignal;
  /** It is no live call any more; `rest` resolves when its last writes are done, or given up. Once. */
  readonly onOver: (session: CallSession, rest: Promise<void>) => void;
}

/** Why a session is over: an end of the call, or one of this stream alone, which another one follows. */
type Over = CallEndReason | 'lost' | 'handed_over';

const LONGEST_TYPED = 2_000;
const DRAIN_GOODBYE_MS = 5_000;
/** How often it is looked whether nobody speaks, and how long after a voice its words may still come. */
const QUIET_EVERY_MS = 100;
const WORDS_WITHIN_MS = 1_500;
const RECORDING_DEADLINE_MS = 30_000;
/** So long the line is kept open, silent, until the end of the call is stored. */
const END_STORED_MS = 1_000;
/** A message for a machine: the longest is a thousand characters. */
const LONGEST_MESSAGE_MS = 120_000;

/**
 * Owner of one live call: hears its stream, and closes everything, in whatever state it is, once the call is over. An
 * exception from anything in it ends this call and no other.
 */
export class CallSession implements MediaSink {
  readonly #options: CallSessionOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #startedMs: number;
  readonly #guard = new Guard((error) => this.#fault(error));
  readonly #stop = new AbortController();
  readonly #writes: WriteQueue;
  readonly #gate: VoiceActivity;
  readonly #silence: StandingSilence;
  readonly #opened: DisposableStack;
  readonly #parts: CallParts;
  readonly #recorder: Recorder | null;
  #voicedAt: Temporal.Instant | null = null;
  /** Where their voice was heard last, on the clock, as it is laid out in the recording. */
  #voiceEndMs = 0;
  /** Until then what they said may become a turn. */
  #wordsUntilMs = -Infinity;
  #isOver = false;

  /** Throws where a vendor can't be opened at all; then nothing of it is left open, `prepared` included. */
  constructor(options: CallSessionOptions) {
    this.#options = options;
    const { briefing, stream, prepared } = options;
    const { call, agent } = briefing;
    this.#clock = this.#guard.clock(options.clock);
    this.#log = options.log.child({ callId: call.id });
    this.#startedMs = this.#clock.nowMs();
    // The last writes outlive the guard.
    this.#writes = new WriteQueue({ clock: options.clock, log: this.#log });
    using opened = new DisposableStack();
    this.#gate = opened.use(options.voiceActivity?.(stream.format) ?? openEnergyGate(stream.format));
    if (prepared !== null) opened.use(prepared);
    this.#parts = opened.use(
      assembleCall({
        ...options,
        clock: this.#clock,
        log: this.#log,
        guard: this.#guard,
        writes: this.#writes,
        signal: this.#stop.signal,
        onFrame: (frame, playAtMs) => this.#recorder?.agent(frame, playAtMs - this.#startedMs),
        onFault: (error) => this.#fault(error),
        onTurn: (text, timing) => this.#spoken(text, timing),
        onEnd: (reason) => this.#end(reason),
      }),
    );
    this.#silence = opened.use(
      new StandingSilence({
        format: stream.format,
        everyMoment: !stream.capabilities.sendsSilence,
        clock: this.#clock,
        onSilence: (audio) => this.#hear(audio, this.#clock.nowMs()),
      }),
    );
    this.#recorder = agent.recording === 'off' ? null : options.recordings.record(call.id, stream.format);
    this.#opened = opened.move();
  }

  /** How often the call's stream had been opened again when this session began. */
  get resumes(): number {
    return this.#options.briefing.call.resumes;
  }

  /** Begins to speak. Not part of the construction, so that whoever holds the session knows it by then. */
  begin(): void {
    const { briefing, stream, store, prepared, vendors } = this.#options;
    const { call, agent } = briefing;
    const recorder = this.#recorder;
    if (recorder !== null) this.#writes.put('recording started', () => store.recordingStarted(call.id, recorder.file));
    this.#guard.run(() => {
      const { floor } = this.#parts;
      const longest = this.#clock.setTimer(agent.limits.maxCallMinutes * 60_000, () => floor.leave('max_duration'));
      this.#opened.defer(() => longest.cancel());
      const made = prepared ?? prepareOpening({ clock: this.#clock, log: this.#log, vendors }, briefing, stream.format);
      if (made !== null && made !== prepared) this.#opened.use(made);
      this.#parts.tools.finishTorn();
      floor.begin(openingOf(briefing, made, this.#parts, stream.format));
    });
  }

  /** Ends it from outside: at once, or after a goodbye where the process is only being drained. */
  end(reason: CallEndReason): void {
    if (reason !== 'drained') return this.#end(reason);
    this.#guard.run(() => this.#parts.floor.leave('drained', undefined, DRAIN_GOODBYE_MS));
  }

  /** Leaves the agent's message on a machine, then ends. */
  leaveMessage(): void {
    const { machineMessage } = this.#options.briefing.agent.callbackPolicy;
    if (machineMessage.trim() === '') return this.#end('machine');
    this.#guard.run(() => this.#parts.floor.leave('machine', machineMessage, LONGEST_MESSAGE_MS));
  }

  /** The process stops: no goodbye any more. */
  stop(): void {
    this.#end('drained');
  }

  /** Whether it can go on in another stream. */
  get movable(): boolean {
    const { lost, stream, briefing } = this.#options;
    return lost !== undefined && stream.capabilities.reopensStreams && briefing.call.resumes < MOST_RESUMES;
  }

  /**
   * Lets go of it, so that the carrier asks another replica for its next stream: once nobody speaks, and after `withinMs`
   * in the middle of a word. A call that is ending already ends here.
   */
  handOver(withinMs: number): void {
    const untilMs = this.#clock.nowMs() + withinMs;
    const look = (): void => {
      const { state, isEnding } = this.#parts.floor;
      const isLeaving = isEnding || state === 'leaving';
      const isLate = this.#clock.nowMs() >= untilMs;
      if (!isLeaving && (isLate || this.#isQuiet())) return this.#end('handed_over');
      if (!isLate) this.#clock.setTimer(QUIET_EVERY_MS, look);
    };
    this.#guard.run(look);
  }

  /** Nothing is being said that would be lost: they wait for an answer, or nobody has said anything for a moment. */
  #isQuiet(): boolean {
    const { floor, keypad, ears } = this.#parts;
    if (keypad.isPressed || (ears !== null && ears.endOfTurn.pending !== '')) return false;
    return floor.state === 'thinking' || (floor.state === 'listening' && this.#clock.nowMs() >= this.#wordsUntilMs);
  }

  /** Another stream has taken the call over: this one is closed, the call goes on. */
  replaced(): void {
    this.#end('lost');
  }

  // ---------------------------------------------------------------- what the stream says

  onAudio(audio: Uint8Array): void {
    if (this.#isOver) return;
    try {
      const atMs = this.#clock.nowMs() - this.#startedMs;
      const endMs = this.#recorder?.caller(audio, atMs) ?? atMs + durationMs(this.#options.stream.format, audio.length);
      this.#silence.came(audio.length);
      this.#hear(audio, this.#startedMs + endMs);
    } catch (error) {
      this.#fault(error);
    }
  }

  onLost(lostMs: number): void {
    this.#guard.run(() => this.#silence.lost(lostMs));
  }

  onDtmf(digit: string): void {
    this.#guard.run(() => this.#parts.keypad.press(digit));
  }

  onMark(name: string): void {
    this.#guard.run(() => this.#parts.speaker.heardMark(name));
  }

  onText(text: string): void {
    const typed = text.trim().slice(0, LONGEST_TYPED);
    if (typed === '') return;
    this.#guard.run(() => {
      const nowMs = this.#clock.nowMs();
      const timing = { silentMs: nowMs, decidedMs: nowMs, textMs: nowMs };
      this.#parts.floor.turn(typed, timing, this.#clock.instant(), 'keys');
    });
  }

  onTyping(): void {
    this.#guard.run(() => this.#parts.floor.sign());
  }

  onClosed(cause: 'hung_up' | 'lost'): void {
    const comesBack = this.#options.lost !== undefined && this.#options.stream.capabilities.reopensStreams;
    this.#end(cause === 'lost' && comesBack ? 'lost' : 'caller_hung_up');
  }

  /** What is listened to: their audio, or the silence that stands for it, and where it ends on the clock. */
  #hear(audio: Uint8Array, endMs: number): void {
    const change = this.#gate.hear(audio);
    // They have the audio before anything is asked of them about it.
    this.#parts.ears?.ears.hear(audio, this.#gate.speaking);
    if (this.#gate.quietMs === 0) this.#voiceEndMs = endMs;
    if (change !== null) this.#voice(change);
  }

  #voice(change: 'started' | 'ended'): void {
    if (change === 'started') this.#voicedAt = this.#clock.instant();
    this.#wordsUntilMs = change === 'started' ? Infinity : this.#clock.nowMs() + WORDS_WITHIN_MS;
    this.#parts.ears?.endOfTurn.voice(change);
    this.#parts.floor.voice(change);
  }

  #spoken(text: string, timing: TurnTiming): void {
    const startedAt = this.#voicedAt ?? this.#clock.instant();
    // Where their voice ended is told by their audio: a decision, or its words, come when they come.
    const silentMs = this.#voicedAt === null ? timing.silentMs : this.#voiceEndMs;
    this.#voicedAt = null;
    this.#parts.floor.turn(text, { ...timing, silentMs }, startedAt, 'voice');
  }

  // ---------------------------------------------------------------- the end

  #fault(error: unknown): void {
    this.#log.error({ fault: error instanceof Error ? error.name : 'unknown' }, 'a call failed');
    this.#end('error');
  }

  /** Once: silence, everything closed, and what is left to store is stored behind the call's back. */
  #end(over: Over): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { onOver } = this.#options;
    try {
      // Cutting the agent off stores what was heard, so it comes before the guard closes.
      this.#parts.floor[Symbol.dispose]();
    } catch (error) {
      this.#log.error(
        { fault: error instanceof Error ? error.name : 'unknown' },
        'a call could not be closed in order',
      );
    }
    this.#guard.close();
    this.#stop.abort(new RingbackError('call_ended'));
    this.#close(() => this.#opened.dispose());
    // They are gone already, or are spoken to in another stream.
    if (over === 'lost' || over === 'caller_hung_up') this.#close(() => this.#options.stream.close());
    this.#log.info({ over, state: this.#parts.floor.state }, 'a call is over here');
    onOver(this, this.#wrapUp(over));
  }

  #close(close: () => void): void {
    try {
      close();
    } catch (error) {
      this.#log.error(
        { fault: error instanceof Error ? error.name : 'unknown' },
        'a part of a call could not be closed',
      );
    }
  }

  /**
   * With the stream closed the carrier asks what next, and may ask another replica: by then it is to be known that the
   * call has ended. A database that is away does not keep the line open.
   */
  #hangUp(reason: CallEndReason): Promise<void> {
    return this.#closeAfter(this.#options.store.ending(this.#options.briefing.call.id, reason));
  }

  /** The same where another stream follows: by then it is to be known what was said in this one. */
  #letGo(): Promise<void> {
    return this.#closeAfter(this.#parts.tools.idle().then(() => this.#writes.settled()));
  }

  async #closeAfter(stored: Promise<void>): Promise<void> {
    const { stream, clock } = this.#options;
    const late = Promise.withResolvers<void>();
    const timer = clock.setTimer(END_STORED_MS, () => late.resolve());
    try {
      await Promise.race([stored, late.promise]);
    } catch (error) {
      this.#log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'the end of a call is stored later');
    } finally {
      timer.cancel();
      this.#close(() => stream.close());
    }
  }

  async #wrapUp(over: Over): Promise<void> {
    const { briefing, store, lost } = this.#options;
    const { call } = briefing;
    const { id } = call;
    const goesOn = over === 'lost' || over === 'handed_over';
    if (over === 'handed_over') await this.#letGo();
    else if (over !== 'lost' && over !== 'caller_hung_up') await this.#hangUp(over);
    // A tool that has begun is finished and stored: its promise stands whether or not they wait for it.
    await this.#parts.tools.idle();
    if (!goesOn) this.#writes.put('ended', () => store.ended(id, over));
    const recorder = this.#recorder;
    if (recorder !== null) {
      const whole = await this.#finished(recorder);
      this.#writes.put('recording finished', () => store.recordingFinished(id, whole));
    }
    await this.#writes.finish(this.#options.hurry);
    if (goesOn) lost?.(call);
  }

  async #finished(recorder: Recorder): Promise<boolean> {
    const late = Promise.withResolvers<boolean>();
    const timer = this.#options.clock.setTimer(RECORDING_DEADLINE_MS, () => late.resolve(false));
    try {
      return await Promise.race([recorder.finish(), late.promise]);
    } catch {
      return false;
    } finally {
      timer.cancel();
    }
  }
}
