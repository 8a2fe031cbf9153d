import type { LlmRequest } from '../llm.ts';
import type { Reply } from './reply.ts';
import { isGoodbye } from './intents.ts';
import { callerWords, outcomesOf, takesTime, text, type Outcome } from './memory.ts';
import { refusalOf } from './refusals.ts';
import { hhmm, wishIn } from './wish.ts';

/** What is said once a tool has answered: its `say` word for word, or its refusal in words for the person. */
export function afterTool(request: Pick<LlmRequest, 'messages' | 'tools'>): Reply {
  const outcome = outcomesOf(request.messages).at(-1);
  // The goodbye came before it.
  if (outcome === undefined || outcome.name === 'end_call') return { text: '' };
  if (outcome.result === undefined)
    return { text: "Something went wrong on my side, so that isn't done. Please ask me once more." };
  if (outcome.ok) return { ...closing(request, text(outcome.result['say']) || 'Done.') };
  return takesTime(outcome.name)
    ? refused(request, outcome)
    : { text: refusalOf(text(outcome.result['error'])).sentence };
}

/** Someone who said goodbye in the same breath is not kept on the line. */
function closing(request: Pick<LlmRequest, 'messages' | 'tools'>, say: string): Reply {
  const leaving = isGoodbye(callerWords(request.messages).at(-1) ?? '');
  if (!leaving) return { text: `${say} Is there anything else?` };
  return request.tools.some(({ name }) => name === 'end_call')
    ? { text: `${say} Goodbye!`, call: { name: 'end_call', arguments: {} } }
    : { text: `${say} Goodbye!` };
}

function refused(request: Pick<LlmRequest, 'messages' | 'tools'>, outcome: Outcome): Reply {
  const error = text(outcome.result?.['error']);
  const later = inTheAfternoon(request, outcome, error);
  if (later !== undefined) return later;
  const { sentence, anotherTime } = refusalOf(error);
  if (!anotherTime) return { text: `${sentence} Is there anything else?` };
  if (error.includes('confirm_outside_hours'))
    return { text: `${sentence} Shall I call you at the time that you asked for all the same?` };
  if (text(outcome.result?.['suggestion']) !== '') return { text: `${sentence} Shall I call you then?` };
  return { text: `${sentence} When shall I call you instead?` };
}

/** "Today at 8", said at ten in the morning, means the evening. Tried once. */
function inTheAfternoon(request: Pick<LlmRequest, 'messages'>, outcome: Outcome, error: string): Reply | undefined {
  if (!error.includes('already passed')) return undefined;
  const { clock } = wishIn(request.messages).time;
  if (clock === undefined || !clock.ambiguous || clock.hour >= 12) return undefined;
  if (outcome.args['time'] !== hhmm(clock.hour, clock.minute)) return undefined;
  return {
    text: '',
    call: { name: outcome.name, arguments: { ...outcome.args, time: hhmm(clock.hour + 12, clock.minute) } },
  };
}
