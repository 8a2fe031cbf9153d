import type { QueryClient } from '@tanstack/react-query';
import type { CallbackWire } from '../../api/callbacks.ts';
import type { CallWire, TurnWire } from '../../api/calls.ts';
import { pageClock } from '../time/clock.ts';
import type { ServerEvent } from './event-parser.ts';
import { callbackQueries, callQueries, type Page } from './resources.ts';

/** A burst of changes reads each list anew once per this time. */
const LIST_EVERY_MS = 300;

/** Brings what the event stream tells into the pages: a known row at once, lists a moment later. Whoever opens it closes it. */
export class LiveCache {
  readonly #client: QueryClient;
  readonly #waiting = new Map<string, readonly string[]>();
  #cancel: (() => void) | null = null;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  apply(event: ServerEvent): void {
    if (event.type === 'reset') return this.catchUp();
    const data: unknown = JSON.parse(event.data);
    if (event.type === 'callback.changed') return this.#callback(data as CallbackWire);
    if (event.type === 'call.changed') return this.#call(data as CallWire);
    if (event.type === 'call.turn') return this.#turn(data as { callId: string; turn: TurnWire });
  }

  /** Reads everything on the page anew: what happened meanwhile was not told. */
  catchUp(): void {
    void this.#client.invalidateQueries();
  }

  close(): void {
    this.#cancel?.();
  }

  #callback(callback: CallbackWire): void {
    this.#patchRows(['callbacks', 'list'], callback);
    // The event has no attempts: those that are known stay until the answer is there.
    const { queryKey } = callbackQueries.one(callback.id);
    this.#client.setQueryData(queryKey, (known) =>
      known === undefined ? known : { ...known, ...callback, attempts: callback.attempts ?? known.attempts ?? [] },
    );
    void this.#client.invalidateQueries({ queryKey });
    this.#later(['callbacks', 'list']);
  }

  #call(call: CallWire): void {
    this.#patchRows(['calls', 'list'], call);
    const { queryKey } = callQueries.one(call.id);
    this.#client.setQueryData(queryKey, (known) =>
      known === undefined ? known : { ...known, ...call, transcript: known.transcript ?? [] },
    );
    this.#later(['calls', 'list']);
    this.#later(['calls', 'conversation', call.conversationId]);
  }

  #turn({ callId, turn }: { callId: string; turn: TurnWire }): void {
    const { queryKey } = callQueries.one(callId);
    const state = this.#client.getQueryState(queryKey);
    if (state === undefined) return;
    // An answer under way may be older than this turn: ask again instead of being overwritten by it.
    if (state.data === undefined || state.fetchStatus === 'fetching')
      return void this.#client.invalidateQueries({ queryKey });
    this.#client.setQueryData(queryKey, (known) =>
      known === undefined ? known : { ...known, transcript: withTurn(known.transcript ?? [], turn) },
    );
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it ties the page to the row
  #patchRows<Row extends { id: string }>(queryKey: readonly string[], row: Row): void {
    this.#client.setQueriesData<Page<Row>>({ queryKey }, (known) =>
      known === undefined
        ? known
        : { ...known, items: known.items.map((item) => (item.id === row.id ? { ...item, ...row } : item)) },
    );
  }

  #later(queryKey: readonly string[]): void {
    this.#waiting.set(queryKey.join(' '), queryKey);
    // The first of a burst at once; the rest of it together, a moment later.
    if (this.#cancel === null) this.#readLists();
  }

  #readLists(): void {
    this.#cancel = null;
    if (this.#waiting.size === 0) return;
    for (const queryKey of this.#waiting.values()) void this.#client.invalidateQueries({ queryKey });
    this.#waiting.clear();
    this.#cancel = pageClock.after(LIST_EVERY_MS, () => this.#readLists());
  }
}

/** The transcript with this turn in its place. */
export function withTurn(transcript: readonly TurnWire[], turn: TurnWire): TurnWire[] {
  return [...transcript.filter(({ index }) => index !== turn.index), turn].toSorted(
    (one, other) => one.index - other.index,
  );
}
