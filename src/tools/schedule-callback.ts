import type { TimeWish } from '../domain/wall-time.ts';
import { defineTool, ToolInputError, type BookingWish, type ToolCallInfo } from './tool.ts';

/** Longer reasons are cut: the console and the next call's prompt show them whole. */
const MOST_REASON_CHARACTERS = 300;
const MOST_NAME_CHARACTERS = 80;
/** No day, time or zone is as long as this; what is longer is nonsense. */
const MOST_WORD_CHARACTERS = 64;

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
      in_minutes: { type: 'number', minimum: 0, description: 'Minutes from now; fractions are allowed (1.5).' },
      day: {
        type: 'string',
        description: 'today, tomorrow, a weekday in English (monday), or YYYY-MM-DD.',
      },
      time: { type: 'string', description: 'Local wall time, HH:mm in 24 hours, without Z or an offset.' },
      time_zone: { type: 'string', description: 'IANA zone, only if they named a zone or a city for it.' },
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
      confirm_outside_hours: {
        type: 'boolean',
        description: 'True only after they confirmed a time that this tool refused as outside the calling hours.',
      },
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

/** Throws `ToolInputError`. Null and empty text count as left out, as models write them for arguments without a value. */
function parse(input: unknown, context: ToolCallInfo): BookingWish {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new ToolInputError('Send one JSON object with reason, and with in_minutes or day and time.');
  const args = new Map(Object.entries(input));
  const wish = timeWish(args);
  const reason = words(args, 'reason', MOST_REASON_CHARACTERS);
  if (reason === undefined)
    throw new ToolInputError(
      'Say in `reason` what the call back is about, in a few words; ask them if you do not know.',
    );
  const callerName = words(args, 'caller_name', MOST_NAME_CHARACTERS);
  const phoneNumber = otherNumber(args, context);
  return {
    wish,
    reason,
    ...(callerName === undefined ? {} : { callerName }),
    ...(phoneNumber === undefined ? {} : { phoneNumber }),
    confirmOutsideHours: truth(args, 'confirm_outside_hours'),
  };
}

type Arguments = ReadonlyMap<string, unknown>;

function timeWish(args: Arguments): TimeWish {
  const inMinutes = minutes(args);
  const day = word(args, 'day', 'today, tomorrow, a weekday in English, or YYYY-MM-DD');
  const time = word(args, 'time', 'HH:mm in 24 hours, for example 16:30');
  const timeZone = word(args, 'time_zone', 'an IANA zone, for example America/Chicago');
  return {
    ...(inMinutes === undefined ? {} : { inMinutes }),
    ...(day === undefined ? {} : { day }),
    ...(time === undefined ? {} : { time }),
    ...(timeZone === undefined ? {} : { timeZone }),
  };
}

/** A number, or one written in quotes, which some models do: "10" can mean nothing else. */
function minutes(args: Arguments): number | undefined {
  const value = given(args, 'in_minutes');
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\s*-?\d+(\.\d+)?\s*$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number))
    throw new ToolInputError('in_minutes must be a number of minutes, for example 30 or 1.5.');
  return number;
}

function word(args: Arguments, name: string, wants: string): string | undefined {
  const value = given(args, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value.length > MOST_WORD_CHARACTERS)
    throw new ToolInputError(`${name} must be text: ${wants}.`);
  return value.trim();
}

function words(args: Arguments, name: string, most: number): string | undefined {
  const value = given(args, name);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new ToolInputError(`${name} must be text.`);
  // Control characters and line breaks have no place in a prompt's line or in a table.
  const line = value.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line === '' ? undefined : line.slice(0, most).toWellFormed();
}

function otherNumber(args: Arguments, context: ToolCallInfo): string | undefined {
  const value = given(args, 'phone_number');
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

function truth(args: Arguments, name: string): boolean {
  const value = given(args, name);
  if (value === undefined || value === false || value === 'false') return false;
  if (value === true || value === 'true') return true;
  throw new ToolInputError(`${name} must be true or false.`);
}

function given(args: Arguments, name: string): unknown {
  const value = args.get(name);
  return value === null || (typeof value === 'string' && value.trim() === '') ? undefined : value;
}
