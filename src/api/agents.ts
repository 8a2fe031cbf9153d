import { z } from 'zod';
import type { AgentSettings } from '../domain/agent.ts';
import { id, pageOf, pageQuery } from './common.ts';

const vendorChoice = z.union([z.string().max(200), z.array(z.string().max(200)).max(10)]).nullable();
const minutes = z.number().min(0).max(43_200);
const delays = z.array(minutes).max(20);
const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/);
const closingTime = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/);

export const callbackPolicyWire = z
  .strictObject({
    maxAttempts: z.number().int().min(1).max(20),
    retryDelaysMinutes: z.strictObject({ noAnswer: delays, busy: delays, machine: delays }),
    ringTimeoutSeconds: z.number().int().min(5).max(600),
    callingHours: z.strictObject({ start: clockTime, end: closingTime }).nullable(),
    outsideHours: z.enum(['confirm', 'refuse']),
    horizonDays: z.number().min(1).max(365),
    expiresAfterMinutes: minutes.min(1),
    maxDialsPerDay: z.number().int().min(1).max(100),
    allowOtherNumbers: z.boolean(),
    allowedCountries: z.array(z.string().regex(/^[A-Z]{2}$/)).max(250),
    detectMachines: z.boolean(),
    onMachine: z.enum(['hang_up', 'leave_message']),
    machineMessage: z.string().max(1000),
  })
  .meta({ id: 'CallbackPolicy' });

export const agentFields = {
  name: z.string().trim().min(1).max(100),
  prompt: z.string().max(20_000),
  greeting: z.string().max(1000),
  language: z.string().min(2).max(35),
  timeZone: z.string().max(64),
  isDefault: z.boolean(),
  stt: vendorChoice,
  llm: vendorChoice,
  voice: vendorChoice,
  recording: z.enum(['announce', 'on', 'off']),
  disclosure: z.strictObject({ enabled: z.boolean(), businessName: z.string().max(100) }),
  limits: z.strictObject({
    silencePromptSeconds: z.number().min(1).max(120),
    silencePrompts: z.number().int().min(0).max(10),
    maxCallMinutes: z.number().min(0.1).max(240),
  }),
  tools: z.record(z.string(), z.boolean()),
  callbackPolicy: callbackPolicyWire,
};

export const agentWire = z.object({ id, ...agentFields }).meta({ id: 'Agent' });
export type AgentWire = z.infer<typeof agentWire>;
export const agentPage = pageOf(agentWire);
export const agentQuery = z.object(pageQuery);

/** An agent as the API shows it. */
export function agentToWire(agent: AgentSettings): AgentWire {
  return structuredClone(agent) as AgentWire;
}
