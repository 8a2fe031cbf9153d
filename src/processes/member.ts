import type { MonotonicClock } from '../clock.ts';
import { RingbackError } from '../errors.ts';
import { Asked } from './asked.ts';
import type { FromSibling, ToSibling } from './messages.ts';

/** A process's way to its supervisor. */
export interface SupervisorChannel {
  /** Resolves once it is on its way. Never rejects. */
  send(message: FromSibling): Promise<void>;
  listen(hear: (message: ToSibling) => void): void;
  close(): void;
}

/** An embedded database takes a while to be made. */
const DATABASE_MS = 120_000;
/** Longer than the supervisor waits for a sibling. */
const FIGURES_MS = 4_000;

/** One of several processes of one machine, as it sees its supervisor. Whoever opens it closes it. */
export class Member implements Disposable {
  /** Which of them it is, from 1, and whether it is the one that prints the sign-in link. */
  readonly begun: Promise<{ readonly number: number; readonly printsLink: boolean }>;
  /** The supervisor wants it to end once its calls have. */
  readonly drained: Promise<void>;
  /** The supervisor wants it to end now. */
  readonly hurried: Promise<void>;
  readonly #channel: SupervisorChannel;
  readonly #asked: Asked;
  #figures: (() => Promise<string>) | null = null;

  constructor(channel: SupervisorChannel, clock: MonotonicClock) {
    this.#channel = channel;
    this.#asked = new Asked(clock);
    const begun = Promise.withResolvers<{ number: number; printsLink: boolean }>();
    const drained = Promise.withResolvers<void>();
    const hurried = Promise.withResolvers<void>();
    this.begun = begun.promise;
    this.drained = drained.promise;
    this.hurried = hurried.promise;
    channel.listen((message) => {
      if (message.type === 'begin') return begun.resolve(message);
      if (message.type === 'answer') return this.#asked.answer(message.id, message.value);
      if (message.type === 'ping') return void channel.send({ type: 'pong', id: message.id });
      if (message.type === 'figures') return void this.#tellFigures(message.id);
      // To hurry is to drain without waiting.
      drained.resolve();
      if (message.type === 'hurry') hurried.resolve();
    });
    void channel.send({ type: 'hello' });
  }

  /** The database that the supervisor brings along. Throws `database_unavailable`. */
  async databaseUrl(): Promise<string> {
    const url = await this.#ask('database', DATABASE_MS);
    if (url === null) throw new RingbackError('database_unavailable');
    return url;
  }

  /** What this one says when it is asked for its figures. */
  tellsFigures(own: () => Promise<string>): void {
    this.#figures = own;
  }

  /** The figures of all processes; null where the supervisor gives none. */
  allFigures(): Promise<string | null> {
    return this.#ask('figures', FIGURES_MS);
  }

  /** It can't go on, and would not when started again. */
  async fail(fault: string): Promise<void> {
    await this.#channel.send({ type: 'failed', fault });
  }

  [Symbol.dispose](): void {
    this.#asked[Symbol.dispose]();
    this.#channel.close();
  }

  #ask(what: 'database' | 'figures', withinMs: number): Promise<string | null> {
    return this.#asked.ask(withinMs, (id) => void this.#channel.send({ type: 'ask', id, what }));
  }

  /** None where there are none yet, or they can't be read: the supervisor does not wait for ever. */
  async #tellFigures(id: number): Promise<void> {
    const text = await this.#figures?.().catch(() => undefined);
    if (text !== undefined) await this.#channel.send({ type: 'figures', id, text });
  }
}
