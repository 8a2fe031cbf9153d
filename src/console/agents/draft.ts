import type { AgentWire } from '../../api/agents.ts';

/** An agent while it is edited. */
export type Draft = Omit<AgentWire, 'id'>;
export type Policy = Draft['callbackPolicy'];

/** Changes of a draft, as its sections make them. */
export interface Editing {
  readonly draft: Draft;
  readonly set: (change: Partial<Draft>) => void;
  readonly setPolicy: (change: Partial<Policy>) => void;
  /** What is wrong with the member of that path, or undefined. */
  readonly fault: (path: string) => string | undefined;
}

/** What a new agent begins with; the gateway's own defaults. */
export const emptyDraft: Draft = {
  name: '',
  prompt: '',
  greeting: '',
  language: 'en-US',
  timeZone: 'UTC',
  isDefault: false,
  stt: null,
  llm: null,
  voice: null,
  recording: 'announce',
  disclosure: { enabled: true, businessName: '' },
  limits: { silencePromptSeconds: 8, silencePrompts: 2, maxCallMinutes: 30 },
  tools: {},
  callbackPolicy: {
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
  },
};

/** The members in which a draft differs, in the form of a PATCH; empty where nothing does. */
export function changesOf(saved: object, draft: object): Record<string, unknown> {
  const was = new Map<string, unknown>(Object.entries(saved));
  const changes: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(draft) as [string, unknown][]) {
    const before = was.get(name);
    if (same(before, value)) continue;
    // Calling hours are one thing; other objects are merged by the gateway.
    changes[name] = name !== 'callingHours' && isObject(before) && isObject(value) ? changesOf(before, value) : value;
  }
  return changes;
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
