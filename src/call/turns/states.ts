/**
 * Who has the floor in a live call. A pair that is not listed is a bug in the caller.
 *
 * waiting: our dial was answered, and the callee speaks first · notice: the legal notice is said, and nobody interrupts
 * it · listening: nobody speaks, or the caller does · thinking: their turn is over, the agent has said nothing yet ·
 * speaking: the agent is heard · paused: it fell silent for a voice, and may go on · leaving: the last words, after which the call ends · ended: nothing happens any more.
 */
const transitions = {
  waiting: {
    announce: 'notice',
    think: 'thinking',
    speak: 'speaking',
    listen: 'listening',
    leave: 'leaving',
    end: 'ended',
  },
  notice: { think: 'thinking', speak: 'speaking', listen: 'listening', leave: 'leaving', end: 'ended' },
  listening: { announce: 'notice', think: 'thinking', speak: 'speaking', leave: 'leaving', end: 'ended' },
  thinking: { speak: 'speaking', listen: 'listening', leave: 'leaving', end: 'ended' },
  speaking: { pause: 'paused', listen: 'listening', leave: 'leaving', end: 'ended' },
  paused: { resume: 'speaking', listen: 'listening', leave: 'leaving', end: 'ended' },
  leaving: { end: 'ended' },
  ended: {},
} as const satisfies Record<string, Readonly<Record<string, string>>>;

export type FloorState = keyof typeof transitions;
export type FloorEvent = 'announce' | 'think' | 'speak' | 'pause' | 'resume' | 'listen' | 'leave' | 'end';

/** The state after `event`. Throws where that cannot happen. */
export function nextFloor(state: FloorState, event: FloorEvent): FloorState {
  const next = (transitions[state] as Readonly<Partial<Record<FloorEvent, FloorState>>>)[event];
  if (next === undefined) throw new Error(`the floor can't ${event} while ${state}`);
  return next;
}

/** Whether the agent's words may be cut by the caller. */
export function isInterruptible(state: FloorState): boolean {
  return state === 'thinking' || state === 'speaking' || state === 'paused';
}
