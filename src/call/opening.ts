import type { AudioFormat } from '../../media/audio-format.ts';
import type { CallBriefing } from './ports.ts';
import type { PreparedOpening } from './prepared-openings.ts';
import type { SpeechSource } from './speech.ts';
import { laterRecital } from './tape.ts';
import type { Opening } from './turns/floor.ts';

/** How the floor is to open this call; `prepared` is what was made of a callback's opening. */
export function openingOf(
  briefing: CallBriefing,
  prepared: PreparedOpening | null,
  voice: SpeechSource,
  format: AudioFormat,
): Opening {
  const { opening, messages } = briefing;
  if (opening.kind === 'none') {
    // The process that held the call may have died between their turn and its answer.
    const unanswered = messages.at(-1)?.role === 'user';
    return { notice: null, noticeRecital: null, rest: { kind: 'resume', unanswered } };
  }
  if (opening.kind === 'greeting')
    return { notice: opening.notice, noticeRecital: null, rest: { kind: 'greeting', text: opening.text } };
  return {
    notice: opening.notice,
    noticeRecital: prepared?.notice?.recital(voice, format) ?? null,
    rest: {
      kind: 'callback',
      recital: laterRecital(prepared?.words ?? Promise.resolve(null), voice, format),
      instruction: opening.instruction,
    },
  };
}
