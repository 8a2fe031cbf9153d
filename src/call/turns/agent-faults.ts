import { isRingbackError } from '../../errors.ts';
import type { AgentTurnEnd } from '../pipelines/pipeline.ts';

export type AgentFault = Extract<AgentTurnEnd, { error: unknown }>;

/** Whether a turn of the agent has failed. */
export function isFault(end: AgentTurnEnd): end is AgentFault {
  return end.kind === 'speechless' || end.kind === 'voiceless';
}

/** So many answers that fail one after the other end the call. */
const MOST_FAULTS = 3;

/**
 * What becomes of a call in which the agent failed. Never silence for ever: a lack of words is apologised for, and so is
 * a voice that failed. Where the apology can't be said without that voice, one that kept silent is not asked for it; one
 * that fails at it too ends the call, and so does a notice that can't be said.
 */
export class AgentFaults {
  #count = 0;
  /** The voice failed at the last thing that was to be said. */
  #isMute = false;

  get count(): number {
    return this.#count;
  }

  /** A turn was heard to its end; an answer makes up for those that failed. */
  heard(isAnswer: boolean): void {
    this.#isMute = false;
    if (isAnswer) this.#count = 0;
  }

  next(
    end: AgentFault,
    { inNotice, canApologise }: { inNotice: boolean; canApologise: boolean },
  ): 'end' | 'last_apology' | 'apology' {
    this.#count += 1;
    if (end.kind === 'voiceless') {
      const isSilent = isRingbackError(end.error, 'vendor_deadline') && !canApologise;
      if (this.#isMute || inNotice || isSilent) return 'end';
      this.#isMute = true;
    }
    return this.#count >= MOST_FAULTS ? 'last_apology' : 'apology';
  }
}
