import type { AgentSettings } from '../../../src/domain/agent.ts';
import type { Tool } from '../../../src/tools/tool.ts';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import type { LlmStep } from '../../fakes/scripted-llm.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { ScriptedTts, type TtsFault } from '../../fakes/scripted-tts.ts';

/** What a caller does, one after the other; the line is silent unless they speak. */
export type Step =
  /** A whole turn, with a voice as long as its words. */
  | { readonly says: string }
  /** A voice without a word, for so many milliseconds. */
  | { readonly coughs: number }
  /** What the line sends back of the agent's words: a voice, and words that the STT understands. */
  | { readonly echoes: string }
  /** Each group is a turn in the eyes of the STT, with a pause of so long after it. */
  | { readonly dictates: readonly string[]; readonly pauseMs: number }
  | { readonly listens: number };

export interface Scene {
  /** What the model answers to each request, in order. */
  readonly model: readonly (readonly LlmStep[])[];
  readonly steps: readonly Step[];
  readonly tools?: readonly Tool[];
  /** Of the segments that the voice is asked for, one each. */
  readonly voiceFaults?: readonly (TtsFault | null)[];
  /** How long the voice takes to begin a segment. */
  readonly firstByteMs?: number;
  readonly agent?: Partial<AgentSettings>;
  /** What the line can do. */
  readonly line?: Parameters<CallRoom['connect']>[1];
}

/** What came of it: the audio that was heard, as text, and how the call is remembered. */
export interface Played {
  readonly heard: string;
  readonly stored: readonly string[];
  /** The longest silence after the caller's last word, up to the last that they heard. */
  readonly longestSilenceMs: number;
  readonly isOver: boolean;
  readonly asked: number;
  readonly told: string;
}

const CHARACTER_MS = 60;
const LEAST_VOICE_MS = 300;
/** An STT says what it understood so long after the end of a voice. */
const ENDPOINTING_MS = 320;
const limits = { silencePromptSeconds: 600, silencePrompts: 2, maxCallMinutes: 30 };

/** Plays one scene in simulated time, with everything of the call real but its vendors and its line. */
export async function play(scene: Scene): Promise<Played> {
  const stt = new ScriptedStt();
  const tools = [...(scene.tools ?? [])];
  let spare: ScriptedTts | null = null;
  await using room: CallRoom = new CallRoom({ stt, tools, options: { spareVoice: async () => spare } });
  spare = new ScriptedTts(room.clock);
  const line = room.connect({ opening: { kind: 'none' }, agent: { limits, ...scene.agent } }, scene.line);
  // What is spoken in advance is there.
  await room.hear(line, 'silence', 4_000);
  for (const answer of scene.model) room.llm.answers(...answer);
  room.tts.faults.push(...(scene.voiceFaults ?? []));
  room.tts.firstByteMs = scene.firstByteMs ?? room.tts.firstByteMs;
  let silentMs = room.clock.nowMs();
  for (const step of scene.steps) {
    await take(room, stt, line, step);
    if (!('listens' in step)) silentMs = room.clock.nowMs();
  }
  return {
    heard: line.stream.heard,
    stored: room.store.read(),
    longestSilenceMs: line.stream.longestSilenceMs(silentMs),
    isOver: line.stream.closed > 0,
    asked: room.llm.requests.length,
    told: JSON.stringify(room.llm.requests.at(-1)?.messages ?? []),
  };
}

async function take(room: CallRoom, stt: ScriptedStt, line: Line, step: Step): Promise<void> {
  if ('listens' in step) return room.hear(line, 'silence', step.listens);
  if ('coughs' in step) return room.hear(line, 'voice', step.coughs);
  if ('echoes' in step) return speak(room, stt, line, step.echoes);
  if ('says' in step) return speak(room, stt, line, step.says);
  for (const group of step.dictates) {
    await speak(room, stt, line, group);
    await room.hear(line, 'silence', step.pauseMs);
  }
}

/** A voice, its first word while it lasts, all of them a moment after it. */
async function speak(room: CallRoom, stt: ScriptedStt, line: Line, words: string): Promise<void> {
  const ms = Math.max(LEAST_VOICE_MS, words.length * CHARACTER_MS);
  await room.hear(line, 'voice', Math.round(ms / 40) * 20);
  stt.last.onInterim(words.split(' ', 1)[0] ?? '');
  await room.hear(line, 'voice', Math.round(ms / 40) * 20);
  await room.hear(line, 'silence', ENDPOINTING_MS);
  stt.say(words);
}
