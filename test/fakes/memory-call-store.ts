import type { CallStore } from '../../src/call/ports.ts';
import type { CallEndReason, Turn } from '../../src/domain/call.ts';
import { RingbackError } from '../../src/errors.ts';

/** Keeps what a call stores; `away` makes every write fail as a database does that cannot be reached. */
export class MemoryCallStore implements CallStore {
  readonly saves: { callId: string; turn: Turn }[] = [];
  /** Attempts whose opening is stored. */
  readonly openings: string[] = [];
  /** Whether an opening may begin. */
  mayOpen = true;
  readonly ends: { callId: string; reason: CallEndReason }[] = [];
  /** Those that were told before the line was closed. */
  readonly endings: { callId: string; reason: CallEndReason }[] = [];
  readonly recordings: string[] = [];
  away = false;
  tries = 0;
  readonly #turns = new Map<string, Turn[]>();

  /** The turns of a call as they are stored now. */
  turns(callId = 'call-1'): readonly Turn[] {
    return this.#turns.get(callId) ?? [];
  }

  /** The same, one line each, as a person would read them. */
  read(callId = 'call-1'): string[] {
    return this.turns(callId).map((turn) => {
      if (turn.role === 'tool') return `tool: ${turn.toolName} ${JSON.stringify(turn.toolResult)}`;
      if (turn.role === 'caller') return `caller: ${turn.text}`;
      return turn.interrupted ? `agent: ${turn.heardText} ~` : `agent: ${turn.heardText ?? '…'}`;
    });
  }

  async saveTurn(callId: string, turn: Turn): Promise<void> {
    this.#reach();
    this.saves.push({ callId, turn });
    const turns = this.#turns.get(callId) ?? [];
    turns[turn.index] = turn;
    this.#turns.set(callId, turns);
  }

  async beginOpening(attemptId: string): Promise<boolean> {
    this.#reach();
    if (this.mayOpen && !this.openings.includes(attemptId)) this.openings.push(attemptId);
    return this.mayOpen;
  }

  async recordingStarted(callId: string, file: string): Promise<void> {
    this.#reach();
    this.recordings.push(`started ${callId} ${file}`);
  }

  async recordingFinished(callId: string, whole: boolean): Promise<void> {
    this.#reach();
    this.recordings.push(`finished ${callId} ${whole ? 'whole' : 'torn'}`);
  }

  async ending(callId: string, reason: CallEndReason): Promise<void> {
    if (this.away) throw new RingbackError('database_unavailable');
    this.endings.push({ callId, reason });
  }

  async ended(callId: string, reason: CallEndReason): Promise<void> {
    this.#reach();
    this.ends.push({ callId, reason });
  }

  #reach(): void {
    this.tries += 1;
    if (this.away) throw new RingbackError('database_unavailable');
  }
}
