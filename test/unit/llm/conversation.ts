import { think } from '../../../src/llm/demo/brain.ts';
import type { LlmMessage, LlmTool } from '../../../src/llm/llm.ts';

export type ToolRun = (name: string, args: Record<string, unknown>) => unknown;

export const tools: readonly LlmTool[] = ['schedule_callback', 'end_call'].map((name) => ({
  name,
  description: '',
  parameters: {},
}));

/** As `instructionsFor` writes them. */
export const instructions = [
  'You are a friendly receptionist.',
  'You are Riley, speaking on the telephone in en-US. Use short spoken sentences.',
  'For the other person it is Tuesday, 2026-11-24, 10:00 (America/New_York).',
].join('\n');

export const booked: ToolRun = (name, args) =>
  name === 'schedule_callback'
    ? {
        ok: true,
        callback_id: 'cb-1',
        local_time: '2026-11-24T15:45:00',
        time_zone: 'America/New_York',
        say: `I'll call you back ${JSON.stringify(args['in_minutes'] ?? [args['day'], args['time']])}.`,
      }
    : { ok: true };

/** A conversation with the brain as a call session leads it, tool loop included. */
export class Conversation {
  readonly messages: LlmMessage[];
  readonly calls: { name: string; args: Record<string, unknown> }[] = [];
  readonly #run: ToolRun;
  readonly #tools: readonly LlmTool[];

  constructor(options: { run?: ToolRun; tools?: readonly LlmTool[]; messages?: readonly LlmMessage[] } = {}) {
    this.messages = [...(options.messages ?? [{ role: 'system', text: instructions } as const])];
    this.#run = options.run ?? booked;
    this.#tools = options.tools ?? tools;
  }

  /** What the agent says to it. */
  says(text: string): string {
    this.messages.push({ role: 'user', text });
    return this.answer();
  }

  /** What the agent says to the messages as they are. */
  answer(): string {
    let said = '';
    for (let round = 0; round < 5; round += 1) {
      const { text, call } = think({ messages: this.messages, tools: this.#tools });
      said = [said, text].filter((part) => part !== '').join(' ');
      if (call === undefined) {
        if (text !== '') this.messages.push({ role: 'assistant', text });
        return said;
      }
      const id = `t${this.calls.length}`;
      const args: Record<string, unknown> = { ...call.arguments };
      this.calls.push({ name: call.name, args });
      this.messages.push(
        { role: 'assistant', text, toolCalls: [{ id, name: call.name, arguments: JSON.stringify(args) }] },
        { role: 'tool', toolCallId: id, name: call.name, result: JSON.stringify(this.#run(call.name, args)) },
      );
    }
    throw new Error('the brain calls tools without end');
  }

  /** The arguments of the last call. */
  get last(): Record<string, unknown> | undefined {
    return this.calls.at(-1)?.args;
  }
}
