import { defaultCallbackPolicy, defaultLimits, type AgentSettings } from '../../src/domain/agent.ts';
import type { BookingAnswer, BookingWish, DeskReply, MoveWish, ToolContext } from '../../src/tools/tool.ts';

export function someAgent(over: Partial<AgentSettings> = {}): AgentSettings {
  return {
    id: 'agent-1',
    name: 'Ada',
    prompt: 'You help people.',
    greeting: 'Hello.',
    language: 'en-US',
    timeZone: 'America/New_York',
    isDefault: true,
    stt: null,
    llm: null,
    voice: null,
    recording: 'announce',
    disclosure: { enabled: true, businessName: 'Acme' },
    limits: defaultLimits,
    tools: { scheduleCallback: true, endCall: true },
    callbackPolicy: defaultCallbackPolicy,
    ...over,
  };
}

/** A call in which a tool is tried: what it asks for is kept, and how often it hangs up is counted. */
export function toolContext(
  options: {
    agent?: AgentSettings;
    person?: string | null;
    answer?: (wish: BookingWish | MoveWish) => BookingAnswer;
    reply?: (asked: string) => DeskReply;
  } = {},
): {
  context: ToolContext;
  wishes: readonly BookingWish[];
  moves: readonly MoveWish[];
  asked: readonly string[];
  pressed: readonly string[];
  ended: () => number;
} {
  const wishes: BookingWish[] = [];
  const moves: MoveWish[] = [];
  const asked: string[] = [];
  const pressed: string[] = [];
  let ended = 0;
  const answer =
    options.answer ??
    ((): BookingAnswer => ({
      ok: true,
      callbackId: 'cb-1',
      localTime: '2026-11-24T10:30:00',
      timeZone: 'America/New_York',
      say: "I'll call you back in 30 minutes, at 10:30 AM.",
    }));
  const reply = (what: string): DeskReply => {
    asked.push(what);
    return options.reply?.(what) ?? { ok: true, say: 'It is done.' };
  };
  const context: ToolContext = {
    callId: 'call-1',
    agent: options.agent ?? someAgent(),
    person: options.person === undefined ? '+12125550123' : options.person,
    key: 'call-1:1:0',
    callbacks: {
      book: async (wish) => {
        wishes.push(wish);
        return answer(wish);
      },
      move: async (wish) => {
        moves.push(wish);
        return answer(wish);
      },
      cancel: async ({ callbackId }) => reply(callbackId === undefined ? 'cancel' : `cancel ${callbackId}`),
      doNotCall: async () => reply('do not call'),
    },
    pressKeys: (keys) => pressed.push(keys) > 0,
    endCall: () => {
      ended += 1;
    },
  };
  return { context, wishes, moves, asked, pressed, ended: () => ended };
}
