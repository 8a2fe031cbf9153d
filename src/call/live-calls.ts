import type { AudioFormat } from '../../media/audio-format.ts';
import { Pacer } from '../../media/pacer.ts';
import type { MediaSink, MediaStream } from '../carriers/carrier.ts';
import type { CallEndReason } from '../domain/call.ts';
import { RingbackError } from '../errors.ts';
import { BackgroundTasks } from '../service.ts';
import { CallSession } from './call-session.ts';
import type { CallBriefing, LiveCalls, LiveCallsOptions } from './ports.ts';
import { PhraseBooks } from './phrases.ts';
import { PreparedOpenings } from './prepared-openings.ts';

/** How long the last writes of all calls are waited for when the process stops; then for their giving up. */
const LAST_WRITES_MS = 5_000;
const GIVE_UP_MS = 1_000;
/** A session that is handed over waits for a moment of quiet so long; whether there is somebody is asked so long. */
const QUIET_WITHIN_MS = 4_000;
const ASK_WITHIN_MS = 1_000;
/** How long a new stream waits for what the session of the one before has to store. */
const LET_GO_MS = 1_000;
/** A session's goodbye is bounded below this. */
const LONGEST_GOODBYE_MS = 6_000;

/** Opens the calls of this process. Closing it ends every call with `drained` and waits for their last writes. */
export function openLiveCalls(options: LiveCallsOptions): LiveCalls & AsyncDisposable {
  return new Registry(options);
}

class Registry implements LiveCalls, AsyncDisposable {
  readonly #options: LiveCallsOptions;
  readonly #sessions = new Map<string, CallSession>();
  /** The last writes of sessions that are over. */
  readonly #closing = new Map<string, Promise<void>>();
  readonly #pacer: Pacer;
  readonly #openings: PreparedOpenings;
  readonly #books: PhraseBooks | null;
  readonly #tasks: BackgroundTasks;
  readonly #hurry = new AbortController();
  /** The limit of a drain has passed: calls leave, and none comes. */
  #isLeaving = false;
  /** Somebody waits until no call lives. */
  #emptied: PromiseWithResolvers<void> | null = null;
  /** What the streams of each carrier sounded like last: the guess for one that still rings. */
  readonly #formats = new Map<string, AudioFormat>();

  constructor(options: LiveCallsOptions) {
    this.#options = options;
    this.#pacer = new Pacer(options.clock);
    this.#openings = new PreparedOpenings(options);
    const { clock, log, spareVoice } = options;
    this.#books = spareVoice === undefined ? null : new PhraseBooks({ clock, log, spare: spareVoice });
    this.#tasks = new BackgroundTasks((error) =>
      options.log.error({ fault: error instanceof Error ? error.name : 'unknown' }, 'the end of a call failed'),
    );
  }

  get count(): number {
    return this.#sessions.size;
  }

  connect(briefing: CallBriefing, stream: MediaStream): MediaSink {
    if (this.#hurry.signal.aborted || this.#isLeaving) throw new RingbackError('stopping');
    const { id, carrier } = briefing.call;
    this.#sessions.get(id)?.replaced();
    this.#formats.set(carrier, stream.format);
    const session = this.#open(briefing, stream);
    this.#sessions.set(id, session);
    this.#options.onStarted?.(briefing.call);
    session.begin();
    return session;
  }

  #open(briefing: CallBriefing, stream: MediaStream): CallSession {
    const { id } = briefing.call;
    try {
      return new CallSession({
        ...this.#options,
        briefing,
        stream,
        pacer: this.#pacer,
        books: this.#books,
        prepared: this.#openings.take(id),
        tasks: this.#tasks,
        hurry: this.#hurry.signal,
        onOver: (over, rest) => this.#over(id, over, rest),
      });
    } catch (error) {
      // Without a session nobody else would end its record.
      this.#tasks.add(this.#options.store.ended(id, 'error'));
      throw error;
    }
  }

  #over(id: string, session: CallSession, rest: Promise<void>): void {
    if (this.#sessions.get(id) === session) this.#sessions.delete(id);
    if (this.#sessions.size === 0) this.#emptied?.resolve();
    const closing = rest.finally(() => {
      if (this.#closing.get(id) === closing) this.#closing.delete(id);
    });
    this.#closing.set(id, closing);
    this.#tasks.add(closing);
  }

  prepare(briefing: CallBriefing, ttlMs: number): void {
    if (this.#hurry.signal.aborted) return;
    this.#openings.prepare(briefing, this.#formats.get(briefing.call.carrier) ?? null, ttlMs);
  }

  end(callId: string, reason: CallEndReason): boolean {
    this.#openings.drop(callId);
    const session = this.#sessions.get(callId);
    session?.end(reason);
    return session !== undefined;
  }

  leaveMessage(callId: string): boolean {
    const session = this.#sessions.get(callId);
    session?.leaveMessage();
    return session !== undefined;
  }

  async letGo(callId: string, resumes: number): Promise<void> {
    const session = this.#sessions.get(callId);
    if (session !== undefined && session.resumes > resumes) return;
    session?.replaced();
    const closing = this.#closing.get(callId);
    if (closing === undefined) return;
    // What of it failed is told by whoever owns it.
    await this.#within(
      LET_GO_MS,
      closing.catch(() => undefined),
    );
  }

  async drain(withinMs: number): Promise<void> {
    await this.#empty(withinMs);
    if (this.#sessions.size > 0) {
      const isSomebodyThere = await this.#othersTakeOver();
      this.#isLeaving = true;
      for (const session of this.#sessions.values()) {
        if (isSomebodyThere && session.movable) session.handOver(QUIET_WITHIN_MS);
        else session.end('drained');
      }
      await this.#empty(LONGEST_GOODBYE_MS);
    }
    // Their lines are closed once what matters is stored; whoever drains closes the sockets next.
    await this.#within(LAST_WRITES_MS, this.#tasks.settled());
  }

  /** A database that does not say so has nobody to offer. */
  async #othersTakeOver(): Promise<boolean> {
    let answer = false;
    const asked = this.#options.othersTakeOver?.().then(
      (others) => void (answer = others),
      () => undefined,
    );
    if (asked !== undefined) await this.#within(ASK_WITHIN_MS, asked);
    return answer;
  }

  /** Resolves when no call lives any more, or after so long. */
  async #empty(withinMs: number): Promise<void> {
    if (this.#sessions.size === 0) return;
    const emptied = (this.#emptied ??= Promise.withResolvers<void>());
    await this.#within(withinMs, emptied.promise);
    this.#emptied = null;
  }

  async #within(ms: number, work: Promise<void>): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#options.clock.setTimer(ms, () => late.resolve());
    await Promise.race([work, late.promise]);
    timer.cancel();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#openings[Symbol.dispose]();
    this.#books?.[Symbol.dispose]();
    for (const session of this.#sessions.values()) session.stop();
    const { clock } = this.#options;
    const late = Promise.withResolvers<void>();
    const hurry = clock.setTimer(LAST_WRITES_MS, () => this.#hurry.abort(new RingbackError('stopping')));
    // A tool that ignores its deadline does not hold the process.
    const giveUp = clock.setTimer(LAST_WRITES_MS + GIVE_UP_MS, () => late.resolve());
    await Promise.race([this.#tasks.settled(), late.promise]);
    hurry.cancel();
    giveUp.cancel();
    this.#hurry.abort(new RingbackError('stopping'));
    this.#pacer[Symbol.dispose]();
  }
}
