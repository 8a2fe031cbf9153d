import { z } from 'zod';
import type { AgentSettings } from '../domain/agent.ts';
import { isZone } from '../domain/zones.ts';
import { id, pageOf, words } from './common.ts';

const vendor = words(200).min(1);
const vendorChoice = z.union([vendor, z.array(vendor).max(10)]).nullable();
const minutes = z.number().min(0).max(43_200);
const delays = z.array(minutes).max(20);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 08:00');
const closingTime = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'a time such as 21:00; 24:00 is allowed');

const disclosure = { enabled: z.boolean(), businessName: words(100) };
const limits = {
  silencePromptSeconds: z.number().min(1).max(120),
  silencePrompts: z.number().int().min(0).max(10),
  maxCallMinutes: z.number().min(0.1).max(240),
};
const retryDelays = { noAnswer: delays, busy: delays, machine: delays };
const policy = {
  maxAttempts: z.number().int().min(1).max(20),
  ringTimeoutSeconds: z.number().int().min(5).max(600),
  callingHours: z.strictObject({ start: clockTime, end: closingTime }).nullable(),
  outsideHours: z.enum(['confirm', 'refuse']),
  horizonDays: z.number().min(1).max(365),
  expiresAfterMinutes: minutes.min(1),
  maxDialsPerDay: z.number().int().min(1).max(100),
  allowOtherNumbers: z.boolean(),
  allowedCountries: z.array(z.string().regex(/^[A-Z]{2}$/, 'a country as two capital letters, such as US')).max(250),
  detectMachines: z.boolean(),
  onMachine: z.enum(['hang_up', 'leave_message']),
  machineMessage: words(1000),
};
const plain = {
  name: words(100).trim().min(1, 'give it a name'),
  prompt: words(20_000),
  greeting: words(1000),
  isDefault: z.boolean(),
  stt: vendorChoice,
  llm: vendorChoice,
  voice: vendorChoice,
  recording: z.enum(['announce', 'on', 'off']),
};
const tools = z.record(z.string().max(64), z.boolean());

export const agentWire = z
  .object({
    id,
    ...plain,
    name: z.string(),
    language: z.string(),
    timeZone: z.string(),
    disclosure: z.object(disclosure),
    limits: z.object(limits),
    tools,
    callbackPolicy: z.object({ ...policy, retryDelaysMinutes: z.object(retryDelays) }).meta({ id: 'CallbackPolicy' }),
  })
  .meta({ id: 'Agent' });
export type AgentWire = z.infer<typeof agentWire>;
export const agentPage = pageOf(agentWire);

const changes = {
  ...plain,
  language: z.string().max(35).refine(isLanguage, 'not a language tag such as en-US'),
  timeZone: z.string().max(64).refine(isZone, 'not an IANA time zone such as America/Chicago'),
  disclosure: z.strictObject(disclosure).partial(),
  limits: z.strictObject(limits).partial(),
  tools,
  callbackPolicy: z.strictObject({ ...policy, retryDelaysMinutes: z.strictObject(retryDelays).partial() }).partial(),
};

/** Only what is to change; objects of settings are merged, lists and calling hours replaced. */
export const agentPatch = z.strictObject(changes).partial().meta({ id: 'AgentPatch' });
export const agentInput = z
  .strictObject({ ...z.strictObject(changes).partial().shape, name: changes.name })
  .meta({ id: 'NewAgent' });

/** An agent as the API shows it. */
export function agentToWire(agent: AgentSettings): AgentWire {
  return structuredClone(agent) as AgentWire;
}

/** BCP 47, as far as the runtime can tell. */
function isLanguage(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length === 1;
  } catch {
    return false;
  }
}
