import type { Clock } from '../../clock.ts';
import type { Llm, LlmMessage } from '../../llm/llm.ts';
import { Clauses } from '../clauses.ts';
import type { Phrases } from '../phrases.ts';
import type { Speaker } from '../speaker.ts';
import { STALL_MS, type SpeechSource } from '../speech.ts';
import type { SureVoice } from '../sure-voice.ts';
import { answerWithTools } from '../tool-loop.ts';
import type { ToolRunner } from '../tool-runner.ts';
import type { Transcript } from '../transcript.ts';
import { keyedWords, keysIn } from '../turns/keyed-words.ts';
import type { TurnTiming } from '../turns/latency.ts';
import type { AgentTurn, AgentTurnEvents, Pipeline, Recital } from './pipeline.ts';
import { EagerAnswer } from './eager-answer.ts';
import { HeardWords } from './heard-words.ts';
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
  readonly sure: SureVoice;
  readonly phrases: Phrases;
  readonly speaker: Speaker;
  readonly transcript: Transcript;
  /** Said one by one while an answer keeps them waiting. */
  readonly fillers: readonly string[];
  readonly isEnding: () => boolean;
  /** Aborted with the call. */
  readonly signal: AbortSignal;
  /** Runs what may throw; a throw ends the call. */
  readonly guard: (run: () => void) => void;
}

/** So long the agent's voice may be silent where that of this machine can say the same instead. */
const SURE_STALL_MS = 2_200;

/** LLM to clauses to voice to speaker. */
export class Cascade implements Pipeline {
  readonly #options: CascadeOptions;
  readonly #ahead: EagerAnswer;
  readonly #heardWords: HeardWords;
  /** The answer that was begun last. */
  #answer: SpokenTurn | null = null;

  constructor(options: CascadeOptions) {
    this.#options = options;
    this.#ahead = new EagerAnswer(options);
    this.#heardWords = new HeardWords(options.clock, options.signal, options.guard);
  }

  say(text: string, events: AgentTurnEvents): AgentTurn {
    const { sure } = this.#options;
    const script: Script = async (turn) => {
      turn.push(text);
      return true;
    };
    return this.#turn(events, script, {
      source: sure.sourceFor(text),
      stallMs: () => this.#sureStallMs(),
    });
  }

  canSay(text: string): boolean {
    return this.#options.sure.canSay(text);
  }

  play(recital: Recital, events: AgentTurnEvents, what: 'notice' | 'opening'): AgentTurn {
    const script: Script = async (turn) => {
      let said = false;
      await recital.clauses((text) => {
        said = true;
        turn.push(text);
      });
      return said;
    };
    const { fillers } = this.#options;
    const more = what === 'opening' ? { fillers } : { stallMs: () => this.#sureStallMs() };
    return this.#turn(events, script, { source: recital.source, ...more });
  }

  answer(request: { timing: TurnTiming | null; instruction?: string }, events: AgentTurnEvents): AgentTurn {
    const { callId, clock, llm, model, messages, tools, isEnding } = this.#options;
    const { instruction, timing } = request;
    const { fillers } = this.#options;
    const script: Script = async (turn) => {
      await this.#heardWords.settled();
      let clauses = new Clauses();
      await answerWithTools({
        llm,
        model,
        callId,
        messages: () => (instruction === undefined ? messages() : instructed(messages(), instruction)),
        tools,
        begun: (asked) => this.#ahead.take(asked, turn.signal),
        isEnding,
        clock,
        signal: turn.signal,
        events: {
          onText(text) {
            turn.onFirstToken();
            for (const clause of clauses.push(text)) turn.push(onlyWords(clause));
          },
          onRoundEnd() {
            for (const clause of clauses.flush()) turn.push(onlyWords(clause));
            clauses = new Clauses();
            turn.endPart();
          },
        },
      });
      return turn.hasWords || isEnding();
    };
    this.#answer = this.#turn(events, script, { timing, fillers });
    return this.#answer;
  }

  /** From a tool of the present answer: keys sound after what it has said by now. False where it has been cut. */
  pressKeys(keys: string): boolean {
    const answer = this.#answer;
    if (answer === null || answer.signal.aborted) return false;
    answer.push(keyedWords(keys));
    return true;
  }

  thinkAhead(text: string): void {
    const { callId, model, messages, tools } = this.#options;
    // As it will be asked once their words are a turn.
    const asked: LlmMessage = { role: 'user', text };
    this.#ahead.begin({ model, callId, messages: [...messages(), asked], tools: tools.offered() });
  }

  dropThought(): void {
    this.#ahead.drop();
  }

  #sureStallMs(): number {
    return this.#options.sure.hasSpare ? SURE_STALL_MS : STALL_MS;
  }

  #turn(events: AgentTurnEvents, script: Script, more: Partial<SpokenTurnOptions> = {}): SpokenTurn {
    const { clock, speaker, transcript, voice, phrases, llm } = this.#options;
    const heardWords = this.#heardWords;
    const own = {
      clock,
      speaker,
      transcript,
      heardWords,
      source: voice,
      phrases,
      timing: null,
      fillers: [],
      vendor: llm.name,
    };
    return new SpokenTurn({ ...own, events, script, ...more });
  }
}

/** A model that has read how keys stand among words writes them so itself: only the tool presses any. */
function onlyWords(clause: string): string {
  return keysIn(clause) ?? clause;
}

/** With an instruction for this answer as the last word, where it is not that already. */
function instructed(messages: readonly LlmMessage[], instruction: string): readonly LlmMessage[] {
  const last = messages.at(-1);
  if (last?.role === 'system' && last.text === instruction) return messages;
  return [...messages, { role: 'system', text: instruction }];
}
