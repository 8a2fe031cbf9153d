import type { AgentSettings } from '../domain/agent.ts';
import type { Call } from '../domain/call.ts';

/** What the LLM is told of itself and of the call, before anything that was said. */
export function instructionsFor(agent: AgentSettings, call: Call, now: Temporal.Instant, timeZone: string): string {
  const weekday = now.toZonedDateTimeISO(timeZone).toLocaleString('en-US', { weekday: 'long' });
  const person = call.direction === 'inbound' ? call.from : call.to;
  const { tools } = agent;
  return lines(
    agent.prompt.trim(),
    `You are ${agent.name}, speaking on the telephone in ${agent.language}. Use short spoken sentences: no lists, no markup, no symbols that cannot be read aloud.`,
    `For the other person it is ${weekday}, ${clock(now, timeZone, ', ')} (${timeZone}).`,
    'A turn of theirs like "[keypad] 1234#" is what they pressed on the keys of their telephone; # only says that they were done.',
    person === null ? 'They hide their number, so they cannot be called back.' : '',
    tools['scheduleCallback'] === true
      ? 'Promise a call back only through schedule_callback, and read its `say` to them word for word. Never work out dates yourself: pass on what they said.'
      : 'You cannot promise a call back in this call.',
    tools['endCall'] === true ? 'Call end_call once the matter is closed and you have said goodbye.' : '',
  );
}

/**
 * What stands between the words of earlier calls and those of this one. Without it, a wish that was never finished
 * would look like one of this call.
 */
export function thisCallHeading(call: Call, now: Temporal.Instant, timeZone: string): string {
  const who = call.direction === 'inbound' ? 'they are calling' : 'you are calling them back';
  return lines(
    `This is another call: ${who}, and it is ${clock(now, timeZone)} for them.`,
    'What was said before is what you both remember of it. What they asked for then and what no tool did is no wish of this call: ask anew before you act on it.',
  );
}

/** `2026-11-24 16:00`, as the other person's clock shows it. */
export function clock(at: Temporal.Instant, timeZone: string, between = ' '): string {
  const local = at.toZonedDateTimeISO(timeZone);
  return `${local.toPlainDate().toString()}${between}${local.toPlainTime().toString({ smallestUnit: 'minute' })}`;
}

/** One line each; the empty ones are left out. */
export function lines(...texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n');
}
