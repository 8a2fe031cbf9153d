import type { AudioFormat } from '../../media/audio-format.ts';
import { historyOf } from './history.ts';
import type { CallBriefing } from './ports.ts';
import type { PreparedOpening } from './prepared-openings.ts';
import type { SpeechSource } from './speech.ts';
import type { SureVoice } from './sure-voice.ts';
import { laterRecital } from './tape.ts';
import type { Opening } from './turns/opening-moves.ts';

const GO_ON =
  'The line broke for a moment while you were speaking. Go on where you were cut off; do not greet them again.';

/** How the floor is to open this call; `prepared` is what was made of a callback's opening. */
export function openingOf(
  briefing: CallBriefing,
  prepared: PreparedOpening | null,
  { voice, sure }: { readonly voice: SpeechSource; readonly sure: SureVoice },
  format: AudioFormat,
): Opening {
  const { call, opening, torn } = briefing;
  if (opening.kind === 'none') {
    // The stream may have broken between their turn, or a tool's, and its answer, or in the middle of the answer.
    const messages = [...briefing.messages, ...historyOf(call.id, torn?.open ?? [])];
    const last = messages.at(-1)?.role;
    const cut = opening.cut === true;
    const unanswered = cut || last === 'user' || last === 'tool';
    // Of an answer that nobody heard nothing is gone on with: it is made anew.
    return {
      notice: null,
      noticeRecital: null,
      rest: { kind: 'resume', unanswered, ...(cut && last === 'assistant' ? { instruction: GO_ON } : {}) },
    };
  }
  if (opening.kind === 'greeting')
    return { notice: opening.notice, noticeRecital: null, rest: { kind: 'greeting', text: opening.text } };
  return {
    notice: opening.notice,
    noticeRecital: prepared?.notice?.recital(sure.instead, format) ?? null,
    rest: {
      kind: 'callback',
      recital: laterRecital(prepared?.words ?? Promise.resolve(null), voice, format),
      instruction: opening.instruction,
    },
  };
}
