import { confirmParameter, defineTool, timeParameters, ToolArguments, ToolInputError, type MoveWish } from './tool.ts';

/**
 * Moves a call back that the person on the line has open with this agent, or keeps it as it is planned. Keeping has to
 * be said: a promise that nobody answered yet ends when they call by themselves, unless they want it still.
 */
export default defineTool<MoveWish>({
  name: 'reschedule_callback',
  setting: 'rescheduleCallback',
  title: 'Move a callback',
  summary: 'Moves a promised call back to another time, or keeps it, as the caller says.',
  description: [
    'Moves the call back that is open for the person you are speaking with; or, with keep true, keeps it as it is planned.',
    'Give either keep, or in_minutes, or day and time as they said them. Never work out dates yourself.',
    'If it answers ok, read its `say` to them word for word. If not, its `error` says what to ask or offer.',
  ].join(' '),
  parameters: () => ({
    type: 'object',
    properties: {
      callback_id: {
        type: 'string',
        description: 'Which one, as a tool named it; leave it out for the one that they have open with you.',
      },
      keep: { type: 'boolean', description: 'True if they want it to stay at the time that is planned.' },
      ...timeParameters,
      ...confirmParameter,
    },
    required: [],
    additionalProperties: false,
  }),
  parse(input) {
    const args = new ToolArguments(input, 'with in_minutes, or day and time, or keep');
    const callbackId = args.word('callback_id', 'the id that a tool gave for it');
    const wish = args.time();
    const keep = args.truth('keep');
    const timed = Object.keys(wish).length > 0;
    if (keep && timed) throw new ToolInputError('Give either keep, or the new time, not both.');
    if (!keep && !timed)
      throw new ToolInputError(
        'Ask them for the new time, and give it as in_minutes, or as day and time. If they want it to stay as it is, send keep true.',
      );
    return {
      wish: keep ? 'keep' : wish,
      ...(callbackId === undefined ? {} : { callbackId }),
      confirmOutsideHours: args.truth('confirm_outside_hours'),
    };
  },
  run: async (input, context) => {
    const answer = await context.callbacks.move(input);
    if (!answer.ok) return answer;
    const { callbackId, localTime, timeZone, say } = answer;
    return { ok: true, callback_id: callbackId, local_time: localTime, time_zone: timeZone, say };
  },
});
