import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { discoverAdapters } from '../../src/adapters.ts';
import { isRingbackError, RingbackError } from '../../src/errors.ts';
import type { Llm, LlmEvent, LlmMessage, LlmRequest, LlmTool } from '../../src/llm/llm.ts';
import scheduleCallback from '../../src/tools/schedule-callback.ts';
import { toolContext } from '../support/tool-context.ts';
import { until } from '../support/until.ts';
import { tryAdapter, type Tried } from './support/rig.ts';

const definitions = (await discoverAdapters()).llm;
const system: LlmMessage = {
  role: 'system',
  text: 'You are Riley, speaking on the telephone in en-US. Book a call back with schedule_callback when they ask for one, and read its `say` to them word for word.',
};
const wish: LlmMessage = { role: 'user', text: 'Please call me back in 10 minutes about my invoice.' };
const tool: LlmTool = {
  name: scheduleCallback.name,
  description: scheduleCallback.description,
  parameters: scheduleCallback.parameters(toolContext().context),
};

function request(messages: readonly LlmMessage[], tools: readonly LlmTool[] = []): LlmRequest {
  return { model: null, messages, tools, callId: 'call-1' };
}

async function all(llm: Llm, asked: LlmRequest, signal = new AbortController().signal): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  const reading = (async () => {
    for await (const event of llm.answer(asked, { signal })) events.push(event);
  })();
  await until('the end of an answer', reading, 30_000);
  return events;
}

function textOf(events: readonly LlmEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

test('there is a brain to try', () => expect(definitions).not.toEqual([]));

describe.each(definitions.map((definition) => ({ name: definition.name, definition })))('$name', ({ definition }) => {
  let tried: Tried<Llm> | undefined;
  beforeAll(async () => {
    tried = await tryAdapter('llm', definition);
  }, 60_000);
  afterAll(async () => tried?.[Symbol.asyncDispose]());

  function promise(name: string, check: (llm: Llm) => Promise<void>): void {
    // oxlint-disable-next-line vitest/valid-title -- the promise below is the title
    test(name, { timeout: 60_000 }, async (context) => {
      if (tried === undefined) return context.skip(`${definition.title} can't run here`);
      await check(tried.vendor);
    });
  }

  promise('it carries the name of its folder, and names its models', async (llm) => {
    expect(llm.name).toBe(definition.name);
    expect(llm.models.length).toBeGreaterThan(0);
  });

  promise('an answer is text, and ends with exactly one finish', async (llm) => {
    const events = await all(llm, request([system, { role: 'user', text: 'Hello!' }]));
    expect(textOf(events).trim()).not.toBe('');
    expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  promise('words come while others are still being thought of', async (llm) => {
    const events = await all(llm, request([system, { role: 'user', text: 'Hello!' }]));
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(1);
  });

  promise('a wish becomes one tool call that the tool can read, and its answer is spoken', async (llm) => {
    const events = await all(llm, request([system, wish], [tool]));
    const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
    expect(calls).toHaveLength(1);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
    const [call] = calls;
    if (call === undefined) return;
    expect(call.name).toBe('schedule_callback');
    expect(call.id).not.toBe('');
    const { wish: time } = scheduleCallback.parse(JSON.parse(call.arguments), toolContext().context);
    expect(time).toEqual({ inMinutes: 10 });

    const say = "I'll call you back in 10 minutes, at 3:45 PM.";
    const result = JSON.stringify({
      ok: true,
      callback_id: 'cb',
      local_time: '2026-11-24T15:45:00',
      time_zone: 'UTC',
      say,
    });
    const messages: LlmMessage[] = [
      system,
      wish,
      { role: 'assistant', text: textOf(events), toolCalls: [call] },
      { role: 'tool', toolCallId: call.id, name: call.name, result },
    ];
    const answer = await all(llm, request(messages, [tool]));
    expect(textOf(answer)).toContain(say);
    expect(answer.filter(({ type }) => type === 'tool_call')).toEqual([]);
    expect(answer.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  });

  promise('a tool that is switched off is not called', async (llm) => {
    const events = await all(llm, request([system, wish]));
    expect(events.filter(({ type }) => type === 'tool_call')).toEqual([]);
  });

  promise('an answer to nothing is an answer or an error with a name', async (llm) => {
    const events = await all(llm, request([])).catch((error: unknown) => {
      expect(isRingbackError(error)).toBe(true);
      return undefined;
    });
    if (events !== undefined) expect(events.filter(({ type }) => type === 'finish')).toHaveLength(1);
  });

  promise('a request that is already given up is rejected with its reason', async (llm) => {
    const reason = new RingbackError('call_ended');
    await expect(all(llm, request([system, wish]), AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  promise('interrupted in the middle, it rejects with the reason and says nothing more', async (llm) => {
    const stop = new AbortController();
    const reason = new RingbackError('call_ended');
    const events: LlmEvent[] = [];
    const reading = (async () => {
      for await (const event of llm.answer(request([system, { role: 'user', text: 'Hello!' }]), {
        signal: stop.signal,
      })) {
        events.push(event);
        stop.abort(reason);
      }
    })();
    await expect(until('the interrupted answer', reading)).rejects.toBe(reason);
    expect(events.filter(({ type }) => type === 'finish')).toEqual([]);
  });

  promise('who stops reading is not held up, and the next answer is whole', async (llm) => {
    for await (const event of llm.answer(request([system, wish]), { signal: new AbortController().signal }))
      if (event.type === 'text') break;
    const events = await all(llm, request([system, { role: 'user', text: 'Hello!' }]));
    expect(events.at(-1)?.type).toBe('finish');
  });

  promise('two calls are answered at once, each its own', async (llm) => {
    const [one, two] = await Promise.all([
      all(llm, request([system, { role: 'user', text: 'Hello!' }])),
      all(llm, request([system, wish], [tool])),
    ]);
    expect(one.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
    expect(two.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });
});
