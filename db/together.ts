import type { CallbackTransaction } from './callback-store.ts';
import { isRingbackError } from '../src/errors.ts';
import { sqlState } from './failure.ts';

type Work<T> = (tx: CallbackTransaction) => Promise<T>;
type Transact = <T>(work: Work<T>) => Promise<T>;

interface Waiting {
  /** What it works on, so that no two of one transaction meet. */
  readonly subjects: readonly string[];
  /** Its part of a transaction. */
  readonly work: Work<unknown>;
  /** By itself, where its transaction was rolled back. */
  readonly alone: () => void;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Transactions at once: while one waits for its disk, the next is made ready. */
const LANES = 2;
/** Works of one transaction at most. */
const MOST_IN_ONE = 50;
/** Works that wait at most; above it each is a transaction of its own, and waits for a connection like any other. */
const MOST_WAITING = 5_000;

/**
 * Lets works share a transaction and so the price of a commit: the first goes at once, and what comes while it is being
 * committed goes together into the next. They stay as independent as if each had its own: where any of them fails,
 * nothing of all was done, and each is done again by itself. A lost connection fails those that were on it and no others;
 * where the database does not answer within its deadline, those that wait are refused as well.
 */
export class Together {
  readonly #transact: Transact;
  readonly #waiting: Waiting[] = [];
  #running = 0;

  /** `transact` as `CallbackStore.transact`. */
  constructor(transact: Transact) {
    this.#transact = transact;
  }

  /** Runs `work`, perhaps with others that have none of its `subjects`. It may be run twice, like any transaction. */
  run<T>(subjects: readonly string[], work: Work<T>): Promise<T> {
    if (this.#waiting.length >= MOST_WAITING) return this.#transact(work);
    return new Promise<T>((resolve, reject) => {
      const alone = (): void => void this.#transact(work).then(resolve, reject);
      this.#waiting.push({ subjects, work, alone, resolve: resolve as (value: unknown) => void, reject });
      this.#goOn();
    });
  }

  #goOn(): void {
    if (this.#running >= LANES || this.#waiting.length === 0) return;
    const group = this.#takeSome();
    this.#running += 1;
    void this.#runGroup(group).finally(() => {
      this.#running -= 1;
      this.#goOn();
    });
  }

  /** The longest waiting ones with nothing in common, in one order everywhere: so two groups never wait for each other. */
  #takeSome(): Waiting[] {
    const taken: Waiting[] = [];
    const subjects = new Set<string>();
    for (let at = 0; at < this.#waiting.length && taken.length < MOST_IN_ONE;) {
      const one = this.#waiting[at];
      if (one === undefined) break;
      if (one.subjects.some((subject) => subjects.has(subject))) {
        at += 1;
        continue;
      }
      for (const subject of one.subjects) subjects.add(subject);
      taken.push(one);
      this.#waiting.splice(at, 1);
    }
    return taken.toSorted((a, b) => ((a.subjects[0] ?? '') < (b.subjects[0] ?? '') ? -1 : 1));
  }

  /** Never rejects. */
  async #runGroup(group: readonly Waiting[]): Promise<void> {
    // A work's own failure proves that nothing was committed, and so does the server's; of a lost connection nobody knows.
    let refused = false;
    try {
      const values = await this.#transact(async (tx) => {
        refused = false;
        // All of them to their end: a statement that comes after the rollback would stand by itself.
        const ends = await Promise.allSettled(group.map(({ work }) => work(tx)));
        return ends.map((end) => {
          if (end.status === 'fulfilled') return end.value;
          refused = true;
          throw end.reason;
        });
      });
      group.forEach(({ resolve }, index) => resolve(values[index]));
    } catch (error) {
      const undone = refused || sqlState(error) !== undefined;
      // A deadline is what each that waits would wait for as well: nobody hangs on it one group after the other.
      if (isRingbackError(error, 'query_deadline')) for (const { reject } of this.#waiting.splice(0)) reject(error);
      for (const { alone, reject } of group) {
        if (undone && group.length > 1) alone();
        else reject(error);
      }
    }
  }
}
