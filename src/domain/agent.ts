/** What an Agent is: how it speaks, what it may do, and how it keeps promises. Plain data, as stored. */
export interface AgentSettings {
  readonly id: string;
  readonly name: string;
  /** The operator's instructions to the LLM. */
  readonly prompt: string;
  /** The first words on an inbound call, after the notice. */
  readonly greeting: string;
  /** BCP 47, for example `en-US`. */
  readonly language: string;
  /** IANA zone of the business; used where the callee's number names no zone. */
  readonly timeZone: string;
  readonly isDefault: boolean;
  /** `vendor/model`, or a list in fallback order, or null for the first configured. */
  readonly stt: VendorChoice;
  readonly llm: VendorChoice;
  readonly voice: VendorChoice;
  readonly recording: RecordingMode;
  readonly disclosure: { readonly enabled: boolean; readonly businessName: string };
  readonly limits: CallLimits;
  /** Which tools are on, by the tool's camelCase name; what is not named is as in `defaultTools`. */
  readonly tools: Readonly<Record<string, boolean>>;
  readonly callbackPolicy: CallbackPolicy;
}

export type VendorChoice = string | readonly string[] | null;
export type RecordingMode = 'announce' | 'on' | 'off';

export interface CallLimits {
  /** Seconds of silence before the agent asks whether the caller is still there. */
  readonly silencePromptSeconds: number;
  /** How often it asks before it says goodbye. */
  readonly silencePrompts: number;
  readonly maxCallMinutes: number;
}

/** How callbacks of an agent are booked, dialled and retried. Minutes may be fractions. */
export interface CallbackPolicy {
  /** Counted attempts in all, 1 or more. */
  readonly maxAttempts: number;
  readonly retryDelaysMinutes: RetryDelays;
  readonly ringTimeoutSeconds: number;
  /** Local time of the callee; null is always. `24:00` is allowed; a start after the end wraps midnight. */
  readonly callingHours: CallingHours | null;
  readonly outsideHours: 'confirm' | 'refuse';
  readonly horizonDays: number;
  readonly expiresAfterMinutes: number;
  readonly maxDialsPerDay: number;
  readonly allowOtherNumbers: boolean;
  /** ISO 3166 alpha-2; empty means the countries of the agent's own numbers. */
  readonly allowedCountries: readonly string[];
  readonly detectMachines: boolean;
  readonly onMachine: 'hang_up' | 'leave_message';
  readonly machineMessage: string;
}

export interface CallingHours {
  /** `HH:mm`. */
  readonly start: string;
  /** `HH:mm`, `24:00` allowed. */
  readonly end: string;
}

/** Delays before the next attempt, per outcome of the last. The index is the number of earlier attempts with
 * the same outcome; a shorter list repeats its last entry; an empty one means no retry. */
export interface RetryDelays {
  readonly noAnswer: readonly number[];
  readonly busy: readonly number[];
  readonly machine: readonly number[];
}

/**
 * The tools that are on where an agent's settings do not name them, as of one that was made before the tool was. Any
 * other tool is off then.
 */
export const defaultTools = {
  scheduleCallback: true,
  rescheduleCallback: true,
  cancelCallback: true,
  endCall: true,
  doNotCall: true,
} as const satisfies Readonly<Record<string, boolean>>;

export const defaultLimits: CallLimits = { silencePromptSeconds: 8, silencePrompts: 2, maxCallMinutes: 30 };

export const defaultCallbackPolicy: CallbackPolicy = {
  maxAttempts: 3,
  retryDelaysMinutes: { noAnswer: [15, 60], busy: [10, 30], machine: [240] },
  ringTimeoutSeconds: 30,
  callingHours: { start: '08:00', end: '21:00' },
  outsideHours: 'confirm',
  horizonDays: 30,
  expiresAfterMinutes: 1440,
  maxDialsPerDay: 5,
  allowOtherNumbers: false,
  allowedCountries: [],
  detectMachines: true,
  onMachine: 'hang_up',
  machineMessage: '',
};
