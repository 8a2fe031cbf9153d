import type { Clock } from '../../clock.ts';
import type { Llm, LlmMessage } from '../../llm/llm.ts';
import { Clauses } from '../clauses.ts';
import type { Speaker } from '../speaker.ts';
import type { SpeechSource } from '../speech.ts';
import { answerWithTools } from '../tool-loop.ts';
import type { ToolRunner } from '../tool-runner.ts';
import type { Transcript } from '../transcript.ts';
import type { TurnTiming } from '../turns/latency.ts';
import type { AgentTurn, AgentTurnEvents, Pipeline, Recital } from './pipeline.ts';
import { SpokenTurn, type Script, type SpokenTurnOptions } from './spoken-turn.ts';

export interface CascadeOptions {
  readonly callId: string;
  readonly clock: Clock;
  readonly llm: Llm;
  readonly model: string | null;
  /** Everything the LLM is told: what was said before, and in this call so far. */
  readonly messages: () => readonly LlmMessage[];
  readonly tools: ToolRunner;
  readonly voice: SpeechSource;
  readonly speaker: Speaker;
  readonly transcript: Transcript;
  /** Said one by one while an answer is slow. */
  readonly fillers: readonly string[];
  readonly isEnding: () => boolean;
}

/** LLM to clauses to voice to speaker. */
export class Cascade implements Pipeline {
  readonly #options: CascadeOptions;

  constructor(options: CascadeOptions) {
    this.#options = options;
  }

  say(text: string, events: AgentTurnEvents): AgentTurn {
    return this.#turn(events, async (turn) => {
      turn.push(text);
      return true;
    });
  }

  play(recital: Recital, events: AgentTurnEvents): AgentTurn {
    const script: Script = async (turn) => {
      let said = false;
      await recital.clauses((text) => {
        said = true;
        turn.push(text);
      });
      return said;
    };
    return this.#turn(events, script, { source: recital.source });
  }

  answer(request: { timing: TurnTiming | null; instruction?: string }, events: AgentTurnEvents): AgentTurn {
    const { callId, clock, llm, model, messages, tools, isEnding } = this.#options;
    const { instruction, timing } = request;
    // The first words of a call are not "one moment".
    const fillers = instruction === undefined ? this.#options.fillers : [];
    const script: Script = async (turn) => {
      let clauses = new Clauses();
      await answerWithTools({
        llm,
        model,
        callId,
        messages: () => (instruction === undefined ? messages() : instructed(messages(), instruction)),
        tools,
        isEnding,
        clock,
        signal: turn.signal,
        events: {
          onText(text) {
            turn.onFirstToken();
            for (const clause of clauses.push(text)) turn.push(clause);
          },
          onRoundEnd() {
            for (const clause of clauses.flush()) turn.push(clause);
            clauses = new Clauses();
            turn.endPart();
          },
        },
      });
      return turn.hasWords || isEnding();
    };
    return this.#turn(events, script, { timing, fillers });
  }

  #turn(events: AgentTurnEvents, script: Script, more: Partial<SpokenTurnOptions> = {}): SpokenTurn {
    const { clock, speaker, transcript, voice, llm } = this.#options;
    const own = { clock, speaker, transcript, source: voice, timing: null, fillers: [], vendor: llm.name };
    return new SpokenTurn({ ...own, events, script, ...more });
  }
}

/** With an instruction for this answer as the last word, where it is not that already. */
function instructed(messages: readonly LlmMessage[], instruction: string): readonly LlmMessage[] {
  const last = messages.at(-1);
  if (last?.role === 'system' && last.text === instruction) return messages;
  return [...messages, { role: 'system', text: instruction }];
}
