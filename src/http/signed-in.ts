import type { Auth } from '../auth/auth.ts';
import type { Clock, Timer } from '../clock.ts';
import { BackgroundTasks } from '../service.ts';

/** How often the sessions behind open connections are looked at, for what was not told: one that ran out. */
const LOOK_EVERY_MS = 15_000;

/**
 * The connections that live on a session: event streams and the softphone's sockets. They end as soon as their session
 * does, on whichever replica that was said. Bounded by the bounds of those streams and sockets. The app closes it.
 */
export class SignedIn implements AsyncDisposable {
  readonly #auth: Auth;
  readonly #clock: Clock;
  readonly #tasks: BackgroundTasks;
  readonly #held = new Map<string, Set<() => void>>();
  readonly #told: Disposable;
  #timer: Timer;

  constructor(options: { auth: Auth; clock: Clock; onFault: (error: unknown) => void }) {
    this.#auth = options.auth;
    this.#clock = options.clock;
    this.#tasks = new BackgroundTasks(options.onFault);
    this.#told = options.auth.onSessionsEnded(() => this.#look());
    this.#timer = this.#clock.setTimer(LOOK_EVERY_MS, () => this.#beat());
  }

  /** `end` is called at most once, when the session is over. Dispose it when the connection is gone by itself. */
  hold(session: string, end: () => void): Disposable {
    const ends = this.#held.get(session) ?? new Set();
    ends.add(end);
    this.#held.set(session, ends);
    return {
      [Symbol.dispose]: () => {
        ends.delete(end);
        if (ends.size === 0 && this.#held.get(session) === ends) this.#held.delete(session);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer.cancel();
    this.#told[Symbol.dispose]();
    this.#held.clear();
    await this.#tasks.settled();
  }

  #beat(): void {
    this.#look();
    this.#timer = this.#clock.setTimer(LOOK_EVERY_MS, () => this.#beat());
  }

  #look(): void {
    for (const session of this.#held.keys()) this.#tasks.add(this.#lookAt(session));
  }

  /** A database that is away says nothing about a session: it is looked at again. */
  async #lookAt(session: string): Promise<void> {
    if (await this.#auth.isSession(session)) return;
    const ends = this.#held.get(session);
    this.#held.delete(session);
    for (const end of ends ?? []) end();
  }
}
