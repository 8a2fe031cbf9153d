import { expect, test } from 'vitest';
import { openDemoBrain } from '../../../src/llm/demo/demo-brain.ts';
import type { LlmEvent } from '../../../src/llm/llm.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { tools } from './conversation.ts';

function ask(clock: SimClock, words: string, stop = new AbortController()) {
  const events: LlmEvent[] = [];
  const request = { model: null, messages: [{ role: 'user', text: words } as const], tools, callId: 'c1' };
  const done = (async () => {
    for await (const event of openDemoBrain({ clock }).answer(request, { signal: stop.signal })) events.push(event);
  })();
  done.catch(() => undefined);
  return { events, done, stop };
}

test('it speaks word by word, so that a person can interrupt it', async () => {
  const clock = new SimClock();
  const { events, done } = ask(clock, 'hello');
  await clock.advance(80);
  expect(events).toEqual([{ type: 'text', text: 'Hello! ' }]);
  await clock.advance(2000);
  await done;
  expect(events.map((event) => (event.type === 'text' ? event.text : '')).join('')).toBe('Hello! How can I help you?');
  expect(events.at(-1)).toEqual({ type: 'finish', reason: 'stop' });
  expect(clock.pending).toBe(0);
});

test('interrupted in the middle it says no further word, and leaves no timer', async () => {
  const clock = new SimClock();
  const { events, done, stop } = ask(clock, 'hello');
  await clock.advance(100);
  const reason = new Error('barge-in');
  stop.abort(reason);
  await expect(done).rejects.toBe(reason);
  const before = events.length;
  await clock.advance(2000);
  expect(events).toHaveLength(before);
  expect(clock.pending).toBe(0);
});

test('a tool is called whole, after the words', async () => {
  const clock = new SimClock();
  const { events, done } = ask(clock, 'bye');
  await clock.advance(2000);
  await done;
  expect(events.slice(-2)).toEqual([
    { type: 'tool_call', call: { id: 'demo-c1-1', name: 'end_call', arguments: '{}' } },
    { type: 'finish', reason: 'tool_calls' },
  ]);
});
