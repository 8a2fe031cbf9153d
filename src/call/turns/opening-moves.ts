import type { AgentTurn, AgentTurnEnd, AgentTurnEvents, Pipeline, Recital } from '../pipelines/pipeline.ts';
import { isFault, type AgentFault } from './agent-faults.ts';
import type { FloorEvent } from './states.ts';

/** How the agent opens: what can't be interrupted, then the rest. */
export interface Opening {
  readonly notice: string | null;
  /** The notice, spoken in advance. */
  readonly noticeRecital: Recital | null;
  readonly rest:
    | { readonly kind: 'greeting'; readonly text: string }
    | { readonly kind: 'callback'; readonly recital: Recital; readonly instruction: string }
    /** A stream that was opened again; `unanswered`: it is the agent's turn, with this instruction. */
    | { readonly kind: 'resume'; readonly unanswered: boolean; readonly instruction?: string };
}

/** What the opening needs of the floor. */
export interface OpeningFloor {
  readonly pipeline: Pipeline;
  /** They said something that nobody has answered yet. */
  readonly isOwed: () => boolean;
  readonly isKeying: () => boolean;
  readonly to: (event: FloorEvent) => void;
  readonly hold: (turn: AgentTurn, then: (end: AgentTurnEnd) => void) => void;
  readonly say: (text: string) => void;
  readonly answer: (instruction?: string) => void;
  readonly listen: () => void;
  readonly speaking: () => void;
  readonly after: (end: AgentTurnEnd) => void;
  readonly fault: (end: AgentFault) => void;
  /** What was prepared came to nothing. */
  readonly onMadeAnew: () => void;
}

/** Of words whose beginning changes nothing. */
export const unwatched: AgentTurnEvents = { onSpeaking: () => undefined };

/** Opens the call: the notice, where there is one, then the rest, or an answer to what was said meanwhile. */
export function openCall(opening: Opening, floor: OpeningFloor): void {
  const { notice, noticeRecital } = opening;
  if (notice === null) return openRest(opening, floor);
  floor.to('announce');
  const turn =
    noticeRecital === null
      ? floor.pipeline.say(notice, unwatched)
      : floor.pipeline.play(noticeRecital, unwatched, 'notice');
  floor.hold(turn, (end) => (isFault(end) ? floor.fault(end) : openRest(opening, floor)));
}

function openRest({ rest }: Opening, floor: OpeningFloor): void {
  const isUnanswered = rest.kind === 'resume' ? rest.unanswered : floor.isOwed();
  // What was said during the notice counts after it.
  if (isUnanswered) return floor.answer(rest.kind === 'greeting' ? undefined : rest.instruction);
  if (rest.kind === 'resume' || floor.isKeying()) return floor.listen();
  if (rest.kind === 'greeting') return floor.say(rest.text);
  floor.to('think');
  const turn = floor.pipeline.play(rest.recital, { onSpeaking: floor.speaking }, 'opening');
  floor.hold(turn, (end) => {
    if (end.kind !== 'speechless') return floor.after(end);
    floor.onMadeAnew();
    floor.answer(rest.instruction);
  });
}
