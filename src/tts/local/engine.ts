import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../clock.ts';
import { RingbackError } from '../../errors.ts';
import type { Log } from '../../log.ts';

/** One job for the thread. */
export interface ToThread {
  readonly id: number;
  readonly text: string;
  readonly voice: string;
}

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'audio'; readonly id: number; readonly pcm: Uint8Array<ArrayBuffer> }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly why: string };

export interface ThreadData {
  /** One Int32: the job to stop. Messages would only be read once the job is over. */
  readonly stopped: SharedArrayBuffer;
}

export interface EngineOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The file of the thread. */
  readonly thread: URL;
}

/** Segments that may wait for the thread, over all calls; the next one fails with `queue_full`. */
const MOST_WAITING = 64;
/** From asking for a segment to its end. espeak-ng needs some 0.05 s for a sentence. */
const SEGMENT_DEADLINE_MS = 10_000;
const START_DEADLINE_MS = 20_000;
const NAME = 'espeak-ng';

interface Job extends ToThread {
  readonly onAudio: (pcm: Uint8Array) => void;
  /** Armed until the thread is done with it, or it left the queue: a stuck thread is replaced even if nobody waits. */
  readonly timer: Timer;
  settled: boolean;
  settle(error?: unknown): void;
}

/** A thread and the job that it is at. */
interface Live {
  readonly worker: Worker;
  readonly startTimer: Timer;
  ready: boolean;
  job: Job | undefined;
}

/**
 * One espeak-ng thread for the whole process, with a queue before it. A thread that dies, or that is stuck past the
 * deadline, fails the segment it is at and is started again for the next one. Whoever starts it disposes it.
 */
export class Engine implements AsyncDisposable {
  readonly #options: EngineOptions;
  readonly #stopped = new SharedArrayBuffer(4);
  readonly #waiting: Job[] = [];
  readonly #ends = new Set<Promise<unknown>>();
  readonly #started = Promise.withResolvers<void>();
  #live: Live | undefined;
  #lastId = 0;
  #closed = false;

  private constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Resolves once the thread is ready; rejects with `vendor_failed` or `vendor_deadline`. */
  static async start(options: EngineOptions): Promise<Engine> {
    const engine = new Engine(options);
    engine.#live = engine.#launch();
    try {
      await engine.#started.promise;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
    return engine;
  }

  /**
   * Speaks `text` in an espeak-ng voice: PCM16 at 22,050 Hz in pieces of at most 80 ms. Rejects with `queue_full`,
   * `vendor_failed`, `vendor_deadline`, `stopping`, or with the reason of the signal; no audio comes after that.
   */
  async speak(
    text: string,
    voice: string,
    options: { readonly signal: AbortSignal; readonly onAudio: (pcm: Uint8Array) => void },
  ): Promise<void> {
    const { signal } = options;
    if (this.#closed) throw new RingbackError('stopping');
    signal.throwIfAborted();
    if (this.#waiting.length >= MOST_WAITING) throw new RingbackError('queue_full', [NAME]);
    const outcome = Promise.withResolvers<void>();
    const job: Job = {
      id: (this.#lastId += 1),
      text,
      voice,
      onAudio: options.onAudio,
      timer: this.#options.clock.setTimer(SEGMENT_DEADLINE_MS, () => this.#late(job)),
      settled: false,
      settle(error) {
        job.settled = true;
        if (error === undefined) outcome.resolve();
        else outcome.reject(error);
      },
    };
    const onAbort = (): void => this.#giveUp(job, signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(job);
    this.#pump();
    try {
      await outcome.promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const stopping = new RingbackError('stopping');
    this.#failWaiting(stopping);
    if (this.#live !== undefined) this.#drop(this.#live, stopping);
    await Promise.all(this.#ends);
  }

  #pump(): void {
    if (this.#closed || this.#waiting.length === 0) return;
    this.#live ??= this.#launch();
    const live = this.#live;
    if (!live.ready || live.job !== undefined) return;
    live.job = this.#waiting.shift();
    if (live.job === undefined) return;
    const { id, text, voice } = live.job;
    live.worker.postMessage({ id, text, voice } satisfies ToThread);
  }

  #launch(): Live {
    const worker = new Worker(this.#options.thread, { workerData: { stopped: this.#stopped } satisfies ThreadData });
    const startTimer = this.#options.clock.setTimer(START_DEADLINE_MS, () =>
      this.#drop(live, new RingbackError('vendor_deadline', [NAME, START_DEADLINE_MS])),
    );
    const live: Live = { worker, startTimer, ready: false, job: undefined };
    worker.on('message', (message: FromThread) => this.#heard(live, message));
    worker.on('error', (cause) =>
      this.#drop(live, new RingbackError('vendor_failed', [NAME, 'its thread'], { cause })),
    );
    worker.on('exit', () => this.#drop(live, new RingbackError('vendor_failed', [NAME, 'its thread ended'])));
    return live;
  }

  #heard(live: Live, message: FromThread): void {
    if (live !== this.#live) return;
    if (message.type === 'ready') {
      live.ready = true;
      live.startTimer.cancel();
      this.#started.resolve();
      return this.#pump();
    }
    const { job } = live;
    if (job === undefined || message.id !== job.id) return;
    if (message.type === 'audio') {
      if (!job.settled) this.#give(job, message.pcm);
      return;
    }
    live.job = undefined;
    job.timer.cancel();
    job.settle(message.type === 'done' ? undefined : new RingbackError('vendor_failed', [NAME, message.why]));
    this.#pump();
  }

  /** A receiver that throws fails its own segment, not the thread's other callers. */
  #give(job: Job, pcm: Uint8Array): void {
    try {
      job.onAudio(pcm);
    } catch (error) {
      this.#giveUp(job, error);
    }
  }

  /** Nobody wants it any more. The thread is told to stop; it goes on with the next job when it has. */
  #giveUp(job: Job, reason: unknown): void {
    const at = this.#waiting.indexOf(job);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      job.timer.cancel();
    } else if (this.#live?.job === job) {
      Atomics.store(new Int32Array(this.#stopped), 0, job.id);
    }
    job.settle(reason);
  }

  #late(job: Job): void {
    const late = new RingbackError('vendor_deadline', [NAME, SEGMENT_DEADLINE_MS]);
    if (this.#live?.job === job) this.#drop(this.#live, late);
    else this.#giveUp(job, late);
  }

  /** The thread is gone, or given up. Its job fails; what waits gets a new thread, unless this one never began. */
  #drop(live: Live, error: RingbackError): void {
    if (live !== this.#live) return;
    this.#live = undefined;
    live.startTimer.cancel();
    const end = live.worker.terminate();
    this.#ends.add(end);
    void end.finally(() => this.#ends.delete(end));
    if (live.job !== undefined) {
      live.job.timer.cancel();
      live.job.settle(error);
    }
    if (!this.#closed) this.#options.log.warn({ code: error.code }, 'the thread of the local voice was lost');
    if (!live.ready) {
      this.#started.reject(error);
      this.#failWaiting(error);
    }
    this.#pump();
  }

  #failWaiting(error: RingbackError): void {
    for (const job of this.#waiting.splice(0)) {
      job.timer.cancel();
      job.settle(error);
    }
  }
}
