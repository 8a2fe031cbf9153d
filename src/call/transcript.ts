import type { Clock } from '../clock.ts';
import type { Turn, TurnLatency } from '../domain/call.ts';
import type { TornCall } from '../domain/torn-call.ts';

/** An agent's turn that is being spoken. */
export interface AgentTurnRecord {
  readonly index: number;
  /** All that was generated so far. Stored with what is told next: of words that nobody hears yet nothing is owed. */
  text(generated: string): void;
  /** It begins to sound. */
  begun(): void;
  latency(latency: TurnLatency): void;
  /** So much was heard by now, while it goes on: what is known of it should this process die. */
  heard(heardText: string): void;
  /** It is over: what was heard of it. Counts once. */
  close(heardText: string, interrupted: boolean): void;
  /** What was heard of it is known better now that it is over. */
  correct(heardText: string): void;
}

/** A tool turn that has begun; closed once, with what the tool answered. */
export interface ToolTurnRecord {
  readonly index: number;
  close(result: unknown): void;
}

/** The turns of a call, in the order in which they began. Each change is given to `save`. */
export class Transcript {
  readonly #clock: Clock;
  readonly #save: (turn: Turn) => void;
  readonly #first: number;
  readonly #turns: Turn[];
  #lastCallerIndex: number;

  constructor(options: { clock: Clock; nextTurnIndex: number; torn?: TornCall; save: (turn: Turn) => void }) {
    const { torn } = options;
    this.#clock = options.clock;
    this.#save = options.save;
    this.#turns = [...(torn?.open ?? [])];
    this.#first = options.nextTurnIndex - this.#turns.length;
    // A stream that is opened again answers what they said last.
    const asked = this.#turns.findLast((turn) => turn.role === 'caller');
    this.#lastCallerIndex = asked?.index ?? torn?.answering.turnIndex ?? Math.max(0, options.nextTurnIndex - 1);
  }

  /** The turns of this session, and those of an earlier one from the first tool call on whose end was not known. */
  get turns(): readonly Turn[] {
    return this.#turns;
  }

  /** The caller's turn that is being answered: the same on every delivery. */
  get answeredIndex(): number {
    return this.#lastCallerIndex;
  }

  /** Without `wantsAnswer` it was said in passing: the turn before it is still the one that is answered. */
  caller(text: string, startedAt: Temporal.Instant, wantsAnswer = true): void {
    const turn = this.#open('caller', text, startedAt);
    if (wantsAnswer) this.#lastCallerIndex = turn.index;
    this.#change(turn.index, { endedAt: this.#clock.instant() });
  }

  agent(): AgentTurnRecord {
    const { index } = this.#open('agent', '', this.#clock.instant());
    let closed = false;
    let known = '';
    return {
      index,
      text: (generated) => void this.#note(index, { text: generated }),
      begun: () => this.#change(index, {}),
      latency: (latency) => this.#change(index, { latency }),
      heard: (heardText) => {
        if (closed || heardText === known) return;
        known = heardText;
        this.#change(index, { heardText });
      },
      close: (heardText, interrupted) => {
        if (closed) return;
        closed = true;
        this.#change(index, { heardText, interrupted, endedAt: this.#clock.instant() });
      },
      correct: (heardText) => {
        if (closed) this.#change(index, { heardText });
      },
    };
  }

  tool(name: string, args: unknown): ToolTurnRecord {
    const { index } = this.#open('tool', '', this.#clock.instant());
    this.#change(index, { toolName: name, toolArguments: args });
    return this.toolAgain(index);
  }

  /** The tool turn of that index, which is open. */
  toolAgain(index: number): ToolTurnRecord {
    return { index, close: (result) => this.#change(index, { toolResult: result, endedAt: this.#clock.instant() }) };
  }

  #open(role: Turn['role'], text: string, startedAt: Temporal.Instant): Turn {
    const turn: Turn = {
      index: this.#first + this.#turns.length,
      role,
      text,
      heardText: null,
      interrupted: false,
      startedAt,
      endedAt: null,
      toolName: null,
      toolArguments: null,
      toolResult: null,
      latency: null,
    };
    this.#turns.push(turn);
    return turn;
  }

  #change(index: number, change: Partial<Turn>): void {
    this.#save(this.#note(index, change));
  }

  #note(index: number, change: Partial<Turn>): Turn {
    const turn = this.#turns[index - this.#first];
    if (turn === undefined) throw new Error('a turn that was never opened');
    const changed = { ...turn, ...change };
    this.#turns[index - this.#first] = changed;
    return changed;
  }
}
