import type { AgentWire } from '../../api/agents.ts';

type Policy = AgentWire['callbackPolicy'];

export const recordingWords: Record<AgentWire['recording'], string> = {
  announce: 'On, announced first',
  on: 'On, without a word',
  off: 'Off',
};

/** "openai/gpt-6-luna", "the first of a, b", or that nothing was chosen. */
export function vendorWords(choice: AgentWire['voice']): string {
  if (choice === null) return 'The first that is set up';
  return typeof choice === 'string' ? choice : choice.join(', then ');
}

/** What a callback policy means, a sentence a line. */
export function policyWords(policy: Policy): string[] {
  const { retryDelaysMinutes: delays, callingHours: hours } = policy;
  const tries = policy.maxAttempts === 1 ? 'Dials once.' : `Dials at most ${policy.maxAttempts} times in all.`;
  return [
    `${tries} It rings for ${policy.ringTimeoutSeconds} seconds each time.`,
    `Nobody picks up: ${again(delays.noAnswer)}. Busy or declined: ${again(delays.busy)}.`,
    policy.detectMachines
      ? policy.onMachine === 'leave_message'
        ? 'An answering machine: leaves the message once, and does not dial again.'
        : `An answering machine: hangs up, ${again(delays.machine)}.`
      : 'An answering machine counts as a person.',
    hours === null
      ? 'Dials at any hour.'
      : `Dials between ${hours.start} and ${hours.end} where they are. ${
          policy.outsideHours === 'confirm'
            ? 'Another hour is booked only once the caller has confirmed it.'
            : 'Another hour is refused.'
        }`,
    `Books up to ${amount(policy.horizonDays, 'day')} ahead, gives up ${span(policy.expiresAfterMinutes)} after the promised time, and dials one person at most ${amount(policy.maxDialsPerDay, 'time')} a day.`,
    policy.allowedCountries.length === 0
      ? 'Only countries of its own phone numbers are dialled.'
      : `Only these countries are dialled: ${policy.allowedCountries.join(', ')}.`,
  ];
}

function again(minutes: readonly number[]): string {
  const [first, ...rest] = minutes;
  if (first === undefined) return 'not again';
  return `again after ${[first, ...rest].map(span).join(', then ')}`;
}

/** "15 min", "1.5 min", "4 h", "24 h". */
function span(minutes: number): string {
  return minutes >= 120 && minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

function amount(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
