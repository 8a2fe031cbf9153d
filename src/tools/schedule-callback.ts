import {
  confirmParameter,
  defineTool,
  timeParameters,
  ToolArguments,
  ToolInputError,
  type BookingWish,
  type ToolCallInfo,
} from './tool.ts';

/** Longer reasons are cut: the console and the next call's prompt show them whole. */
const MOST_REASON_CHARACTERS = 300;
const MOST_NAME_CHARACTERS = 80;

/**
 * Books a call back to the person on the line, or moves the one that they have. It passes on what was said; the time is
 * made out by `domain/wall-time`, which refuses both ways at once, the past, and a time with an offset.
 */
export default defineTool<BookingWish>({
  name: 'schedule_callback',
  setting: 'scheduleCallback',
  title: 'Schedule a callback',
  summary: 'Promises the caller a call back at the time that they name, and keeps the promise.',
  description: [
    'Books a call back to the person you are speaking with, or moves the one that is booked.',
    'Give either in_minutes, or day and time as they said them; time alone is its next occurrence. Never both ways, and never work out dates yourself.',
    'If it answers ok, read its `say` to them word for word. If not, its `error` says what to ask or offer.',
  ].join(' '),
  parameters: (context) => ({
    type: 'object',
    properties: {
      ...timeParameters,
      reason: { type: 'string', description: 'What the call back is about, in a few words.' },
      caller_name: { type: 'string', description: 'Their name, if they said it.' },
      ...(context.agent.callbackPolicy.allowOtherNumbers
        ? {
            phone_number: {
              type: 'string',
              description: 'E.164, only if they want to be called on another number than this one.',
            },
          }
        : {}),
      ...confirmParameter,
    },
    required: ['reason'],
    additionalProperties: false,
  }),
  parse,
  run: async (input, context) => {
    const answer = await context.callbacks.book(input);
    if (!answer.ok) return answer;
    const { callbackId, localTime, timeZone, say } = answer;
    return { ok: true, callback_id: callbackId, local_time: localTime, time_zone: timeZone, say };
  },
});

/** Throws `ToolInputError`. */
function parse(input: unknown, context: ToolCallInfo): BookingWish {
  const args = new ToolArguments(input, 'with reason, and with in_minutes or day and time');
  const wish = args.time();
  const reason = args.line('reason', MOST_REASON_CHARACTERS);
  if (reason === undefined)
    throw new ToolInputError(
      'Say in `reason` what the call back is about, in a few words; ask them if you do not know.',
    );
  const callerName = args.line('caller_name', MOST_NAME_CHARACTERS);
  const phoneNumber = otherNumber(args, context);
  return {
    wish,
    reason,
    ...(callerName === undefined ? {} : { callerName }),
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    confirmOutsideHours: args.truth('confirm_outside_hours'),
  };
}

function otherNumber(args: ToolArguments, context: ToolCallInfo): string | undefined {
  const value = args.given('phone_number');
  if (value === undefined || value === context.person) return undefined;
  // Dropping it in silence would promise a call to one number and make it to another.
  if (!context.agent.callbackPolicy.allowOtherNumbers)
    throw new ToolInputError(
      'You may only call them back on the number that they are calling from. Tell them so, and leave phone_number out.',
    );
  const number = typeof value === 'string' ? value.replaceAll(/[\s().-]/g, '') : '';
  if (!/^\+[1-9]\d{6,14}$/.test(number))
    throw new ToolInputError(
      'phone_number must be E.164: a plus, the country code and the number, for example +14155550123. Ask them for it with the country code.',
    );
  return number;
}
