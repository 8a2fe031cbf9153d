import { isRowFailure, sqlState, statementFailure } from '../../db/failure.ts';
import type { Log } from '../log.ts';

export interface SetAsideOptions {
  /** What is done with a row that failed too often; `why` is a code, without anything of what the row holds. */
  readonly act: (id: string, why: string) => Promise<void>;
  readonly log: Log;
}

/** How often one row is tried. */
const TRIES = 3;
/** So many rows that fail, and not one that succeeds, are no bad rows: something is wrong with all of them. */
const SYSTEMIC = 5;
/** Above it the one that failed first is forgotten, and counted anew. */
const MOST_COUNTED = 10_000;

/**
 * Counts the failures of rows, and sets those aside that fail by themselves: one that can't be read or written would be
 * tried for ever. Whatever concerns all rows alike is not counted against any of them.
 */
export class SetAside {
  readonly #options: SetAsideOptions;
  readonly #failing = new Map<string, { failures: number; readonly sinceSuccess: number }>();
  #successes = 0;

  constructor(options: SetAsideOptions) {
    this.#options = options;
  }

  /** It went well with this row. */
  succeeded(id: string): void {
    this.#successes += 1;
    this.#failing.delete(id);
  }

  /** It went badly; true where the row was set aside for it. Never throws. */
  async failed(id: string, error: unknown): Promise<boolean> {
    if (!isRowFailure(error)) return false;
    const counted = this.#failing.get(id) ?? { failures: 0, sinceSuccess: this.#successes };
    counted.failures += 1;
    this.#failing.set(id, counted);
    const oldest = this.#failing.size > MOST_COUNTED ? this.#failing.keys().next().value : undefined;
    if (oldest !== undefined) this.#failing.delete(oldest);
    if (counted.failures < TRIES || this.#isSystemic()) return false;
    const { act, log } = this.#options;
    const why = sqlState(error) ?? (error instanceof Error ? error.name : typeof error);
    try {
      await act(id, why);
      this.#failing.delete(id);
      log.error({ id, tries: counted.failures, ...statementFailure(error) }, 'a row that cannot be used was set aside');
      return true;
    } catch (fault) {
      log.error({ id, ...statementFailure(fault) }, 'a row that cannot be used could not even be set aside');
      return false;
    }
  }

  #isSystemic(): boolean {
    const all = [...this.#failing.values()];
    return all.length >= SYSTEMIC && all.every((one) => one.sinceSuccess === this.#successes);
  }
}
