import {
  defaultCallbackPolicy,
  defaultLimits,
  type AgentSettings,
  type CallbackPolicy,
} from '../../src/domain/agent.ts';

/** An agent as one stands in the database; `policy` changes single members of its callback policy. */
export function agentSettings(
  over: Partial<AgentSettings> & { readonly policy?: Partial<CallbackPolicy> } = {},
): AgentSettings {
  const { policy, ...rest } = over;
  return {
    id: '018f0000-0000-7000-8000-00000000a001',
    name: 'Reception',
    prompt: 'You answer the telephone of a dentist.',
    greeting: 'Hello.',
    language: 'en-US',
    timeZone: 'America/New_York',
    isDefault: false,
    stt: null,
    llm: null,
    voice: null,
    recording: 'announce',
    disclosure: { enabled: true, businessName: 'Smile Dental' },
    limits: defaultLimits,
    tools: { scheduleCallback: true },
    callbackPolicy: { ...defaultCallbackPolicy, ...policy },
    ...rest,
  };
}
