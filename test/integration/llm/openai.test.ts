import { describe, expect, test } from 'vitest';
import { OpenAiLlm } from '../../../src/llm/openai/openai.ts';
import { profiles, type Profile } from '../../fakes/openai-profiles.ts';
import type { Reply } from '../../fakes/openai-server.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { systemClock } from '../../../src/clock.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { until } from '../../support/until.ts';
import { codeOf, openRig, textOf } from './openai-rig.ts';

const tools = [{ name: 'schedule_callback', description: 'Book.', parameters: { type: 'object', properties: {} } }];
const twoCalls: Reply = {
  toolCalls: [
    { name: 'schedule_callback', arguments: { in_minutes: 30, reason: 'für später' } },
    { name: 'end_call', arguments: {} },
  ],
};

describe('a stream', () => {
  test('each word can be spoken before the next has been thought of', async () => {
    const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
    await using rig = await openRig({
      reply: () => ({
        text: (async function* words() {
          for (const [index, gate] of gates.entries()) {
            await gate.promise;
            yield `word${index} `;
          }
        })(),
      }),
    });
    const iterator = rig.ask();
    for (const [index, gate] of gates.entries()) {
      const next = iterator.next();
      gate.resolve();
      // The fake waits at the next gate, which opens only after this word has arrived.
      expect(await until(`word ${index}`, next)).toEqual({
        done: false,
        value: { type: 'text', text: `word${index} ` },
      });
    }
    expect(await until('the finish', iterator.next())).toEqual({
      done: false,
      value: { type: 'finish', reason: 'stop' },
    });
    expect(await iterator.next()).toMatchObject({ done: true });
  });

  test('characters survive however the bytes are cut', async () => {
    const text = 'Grüße, 早上好 👋🏽 <b> "ok"\n';
    await using rig = await openRig({ reply: () => ({ text: [text, text], fault: { kind: 'byte-by-byte' } }) });
    expect(await rig.words()).toBe(text + text);
  });

  test.each(['no-done', 'done-twice', 'chatty'] as const)('%s: the answer is whole all the same', async (kind) => {
    await using rig = await openRig({ reply: () => ({ text: 'Of course.', fault: { kind } }) });
    expect(await rig.answer()).toContainEqual({ type: 'finish', reason: 'stop' });
    expect(await rig.words()).toBe('Of course.');
  });

  test('a server that keeps its body open after the last word holds nothing up', async () => {
    await using rig = await openRig({ reply: () => ({ text: 'Of course.', fault: { kind: 'no-end' } }) });
    expect(await rig.words()).toBe('Of course.');
    const first = await rig.server.chat(0);
    expect(await until('the connection to be given up', first.over)).toBe('closed');
  });

  test('a refusal of the model ends the answer as filtered, and is not spoken', async () => {
    await using rig = await openRig({ reply: () => ({ refusal: 'I will not' }) });
    expect(await rig.answer()).toEqual([{ type: 'finish', reason: 'filtered' }]);
  });
});

describe.each(Object.keys(profiles) as Profile[])('%s', (profile) => {
  test('its words, thoughts and tool calls are read', async () => {
    await using rig = await openRig({
      profile,
      reply: () => ({ ...twoCalls, thoughts: 'Let me think.', text: 'One moment.' }),
    });
    const events = await rig.answer({ tools });
    expect(textOf(events)).toBe('One moment.');
    const calls = events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []));
    expect(calls.map(({ name, arguments: text }) => [name, JSON.parse(text) as unknown])).toEqual([
      ['schedule_callback', { in_minutes: 30, reason: 'für später' }],
      ['end_call', {}],
    ]);
    expect(new Set(calls.map(({ id }) => id)).size).toBe(2);
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'tool_calls' });
  });

  test('what it refuses is left out from its first real answer on', async () => {
    await using rig = await openRig({ profile });
    await rig.words();
    await rig.words();
    for (const chat of rig.server.chats().slice(-1))
      for (const field of profiles[profile].refuses) expect(chat.body).not.toHaveProperty(field);
    expect(rig.server.chats().length).toBeLessThanOrEqual(3);
  });
});

describe('a request', () => {
  test('carries the key, and nothing of the environment', async () => {
    await using rig = await openRig({ apiKey: 'sk-test' });
    await rig.words();
    const { headers } = await rig.server.chat(0);
    expect(headers.authorization).toBe('Bearer sk-test');
    expect(headers).not.toHaveProperty('openai-organization');
    // Compressed streams come late.
    expect(headers).not.toHaveProperty('accept-encoding');
  });

  test('carries no key where there is none', async () => {
    await using rig = await openRig({ key: null, isOpenAi: false });
    await rig.words();
    expect((await rig.server.chat(0)).headers).not.toHaveProperty('authorization');
  });

  test('of another server is not keyed to the call', async () => {
    await using rig = await openRig({ isOpenAi: false });
    await rig.words();
    expect((await rig.server.chat(0)).body).not.toHaveProperty('prompt_cache_key');
  });
});

describe('connections', () => {
  test('two answers in a row share one', async () => {
    await using rig = await openRig();
    await rig.words();
    const before = rig.server.connections();
    for (let count = 0; count < 10; count += 1) await rig.answer({ tools });
    expect(rig.server.connections()).toBe(before);
  });

  test('an answer that is still coming does not hold up another', async () => {
    const gate = Promise.withResolvers<void>();
    await using rig = await openRig({
      reply: async ({ messages }) => {
        if (messages[0]?.content === 'slow') await gate.promise;
        return { text: 'Done.' };
      },
    });
    const slow = rig.words({ messages: [{ role: 'user', text: 'slow' }] });
    expect(await rig.words()).toBe('Done.');
    gate.resolve();
    expect(await slow).toBe('Done.');
  });

  test('one that the server has closed meanwhile costs nothing but a new one', async () => {
    await using rig = await openRig();
    await rig.words();
    const before = rig.server.connections();
    rig.server.closeIdle();
    expect(await rig.words()).toBe('Hello.');
    expect(rig.server.connections()).toBe(before + 1);
  });

  test('one that goes to nobody says so at once', async () => {
    const rig = await openRig();
    await using llm = new OpenAiLlm(
      { apiKey: null, baseUrl: rig.server.baseUrl, model: 'luna', isOpenAi: true },
      { clock: systemClock, log: quietLog(), random: () => 0.5, publicUrl: '' },
    );
    await rig[Symbol.asyncDispose]();
    const answer = llm.answer(
      { model: null, messages: [], tools: [], callId: '' },
      { signal: new AbortController().signal },
    );
    await expect(until('the refusal', answer.next())).rejects.toMatchObject({ code: 'vendor_failed' });
  });
});

describe('stopping', () => {
  const talking = (): Reply => ({ fault: { kind: 'endless' } });

  test('a caller who cuts in stops the model: the server sees the connection close', async () => {
    await using rig = await openRig({ reply: talking });
    const stop = new AbortController();
    const reason = new Error('barge-in');
    const iterator = rig.ask({}, stop.signal);
    await until('a word', iterator.next());
    const { over } = await rig.server.chat(0);
    stop.abort(reason);
    await expect(
      until(
        'the end',
        (async () => {
          while ((await iterator.next()).done !== true);
        })(),
      ),
    ).rejects.toBe(reason);
    expect(await until('the server to notice', over)).toBe('closed');
  });

  test('so does one who cuts in before the first word', async () => {
    await using rig = await openRig({ reply: () => ({ fault: { kind: 'silence' } }) });
    const stop = new AbortController();
    const reason = new Error('barge-in');
    const failed = rig.failure({}, stop.signal);
    const { over } = await until('the request', rig.server.chat(0));
    stop.abort(reason);
    expect((await failed).error).toBe(reason);
    expect(await until('the server to notice', over)).toBe('closed');
  });

  test('one who has cut in already asks nothing', async () => {
    await using rig = await openRig();
    expect((await rig.failure({}, AbortSignal.abort('gone'))).error).toBe('gone');
    expect(rig.server.chats()).toEqual([]);
  });

  test('who stops reading stops the model', async () => {
    await using rig = await openRig({ reply: talking });
    const iterator = rig.ask();
    await until('a word', iterator.next());
    await iterator.return?.();
    expect(await until('the server to notice', (await rig.server.chat(0)).over)).toBe('closed');
  });

  test('closing ends what still runs', async () => {
    await using rig = await openRig({ reply: talking });
    const failed = rig.failure();
    await until('the request', rig.server.chat(0));
    await until('the LLM to close', rig.llm[Symbol.asyncDispose]());
    expect(codeOf((await failed).error)).toBe('stopping');
  });

  test('a listener is not left on the signal of a call after many answers', async () => {
    await using rig = await openRig();
    const { signal } = new AbortController();
    let listeners = 0;
    const watched = new Proxy(signal, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (name === 'addEventListener') listeners += 1;
        if (name === 'removeEventListener') listeners -= 1;
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    });
    await rig.answer({}, watched);
    expect(listeners).toBeLessThanOrEqual(0);
  });
});

describe('what goes wrong', () => {
  test.each([
    [401, 'invalid_api_key', 'vendor_refused'],
    [404, 'model_not_found', 'vendor_refused'],
    [429, 'rate_limit_exceeded', 'vendor_failed'],
    [429, 'insufficient_quota', 'vendor_refused'],
    [500, 'server_error', 'vendor_failed'],
    [503, 'server_is_overloaded', 'vendor_failed'],
  ])('a %s (%s) is %s, and is asked once', async (status, code, expected) => {
    await using rig = await openRig({
      reply: () => ({ fault: { kind: 'status', status, code, message: 'secret', headers: { 'retry-after': '2' } } }),
    });
    const { error } = await rig.failure();
    expect(codeOf(error)).toBe(expected);
    expect(error).toMatchObject({ details: { status, retryAfterMs: 2000 } });
    expect(String(error)).not.toContain('secret');
    expect(rig.server.chats()).toHaveLength(1);
  });

  test.each<[string, NonNullable<Reply['fault']>]>([
    ['cut in the middle', { kind: 'cut', after: 3 }],
    ['garbage in the middle', { kind: 'garbage', after: 3, line: '{"secret' }],
    ['an error in the middle', { kind: 'error-event', after: 3 }],
  ])('%s: what was said before is kept, and the rest is an error', async (_, fault) => {
    await using rig = await openRig({ reply: () => ({ text: 'I will call you back soon.', fault }) });
    const { error, said } = await rig.failure();
    expect('I will call you back soon.').toContain(said);
    expect(said).not.toBe('');
    expect(codeOf(error)).toBe('vendor_failed');
    expect(String(error)).not.toContain('secret');
  });

  test('a tool call from an answer that was cut is not run', async () => {
    await using rig = await openRig({ reply: () => ({ ...twoCalls, fault: { kind: 'cut', after: 12 } }) });
    const iterator = rig.ask({ tools });
    await expect(until('the failure', iterator.next())).rejects.toMatchObject({ code: 'vendor_failed' });
  });

  test('an answer that just ends is not taken for a whole one', async () => {
    await using rig = await openRig({ reply: () => ({ text: 'I will', finish: null }) });
    expect(codeOf((await rig.failure()).error)).toBe('vendor_failed');
  });

  test('a page instead of a stream is an error', async () => {
    await using rig = await openRig({ reply: () => ({ fault: { kind: 'html' } }) });
    expect(codeOf((await rig.failure()).error)).toBe('vendor_failed');
  });

  test('one giant line is not kept in memory', async () => {
    await using rig = await openRig({ reply: () => ({ fault: { kind: 'giant-line', bytes: 50_000_000 } }) });
    const { error } = await rig.failure();
    expect(String(error)).toContain('its answer is too long');
    expect(await until('the server to notice', (await rig.server.chat(0)).over)).toBe('closed');
  });

  test('a model that never stops is cut, and its connection closed', async () => {
    await using rig = await openRig({ reply: () => ({ fault: { kind: 'endless' } }) });
    const events = await rig.answer();
    expect(events.at(-1)).toEqual({ type: 'finish', reason: 'length' });
    expect(textOf(events)).toHaveLength(20_000);
    expect(await until('the server to notice', (await rig.server.chat(0)).over)).toBe('closed');
  });

  test('a field that OpenAI refuses is left out at once and from then on', async () => {
    await using rig = await openRig({
      reply: (body) =>
        'verbosity' in body
          ? { fault: { kind: 'status', status: 400, param: 'verbosity', code: 'unsupported_parameter' } }
          : { text: 'Yes.' },
    });
    expect(await rig.words()).toBe('Yes.');
    expect(await rig.words()).toBe('Yes.');
    expect(rig.server.chats().map(({ body }) => 'verbosity' in body)).toEqual([true, false, false]);
  });

  test('nothing of it stands in the log', async () => {
    await using rig = await openRig({
      reply: () => ({
        text: 'secret answer',
        fault: { kind: 'status', status: 400, param: 'verbosity', message: 'secret' },
      }),
    });
    await rig.failure();
    rig.server.answerWith(() => ({ text: 'secret answer' }));
    await rig.words();
    expect(JSON.stringify(rig.lines)).not.toContain('secret');
    expect(JSON.stringify(rig.lines)).not.toContain('sk-test');
  });
});

describe('waits', () => {
  /** Reads words until none come; the last request waits when this returns. */
  async function stalled(clock: SimClock, fault: NonNullable<Reply['fault']>) {
    const rig = await openRig({ clock, reply: () => ({ text: 'One two three four five.', fault }) });
    const failed = rig.failure();
    const chat = await until('the request', rig.server.chat(0));
    return { rig, failed, chat };
  }

  test.each<[string, number, NonNullable<Reply['fault']>]>([
    ['an answer that never begins', 30_000, { kind: 'silence' }],
    ['one that begins with the headers alone', 30_000, { kind: 'stall', after: 0 }],
  ])('%s ends at its deadline', async (_, deadlineMs, fault) => {
    const clock = new SimClock();
    const { rig, failed, chat } = await stalled(clock, fault);
    await using _rig = rig;
    await clock.advance(deadlineMs);
    expect(codeOf((await failed).error)).toBe('vendor_deadline');
    expect(await until('the server to notice', chat.over)).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  test.each<[string, NonNullable<Reply['fault']>]>([
    ['stalls', { kind: 'stall', after: 3 }],
    ['stalls but for comments', { kind: 'comments', after: 3, everyMs: 5 }],
  ])('an answer that %s in the middle ends at its deadline, and what it said is kept', async (_, fault) => {
    const clock = new SimClock();
    await using rig = await openRig({ clock, reply: () => ({ text: 'One two three four five.', fault }) });
    const iterator = rig.ask();
    let said = '';
    while (said.length < 12) {
      const next = await until('a word', iterator.next());
      if (next.done === false && next.value.type === 'text') said += next.value.text;
    }
    const waiting = iterator.next();
    await clock.advance(9_999);
    await clock.advance(1);
    await expect(until('the deadline', waiting)).rejects.toMatchObject({ code: 'vendor_deadline' });
    expect(await until('the server to notice', (await rig.server.chat(0)).over)).toBe('closed');
    expect(clock.pending).toBe(0);
  });

  test('a caller that reads slowly is not taken for a server that stalls', async () => {
    const clock = new SimClock();
    {
      await using rig = await openRig({ clock, reply: () => ({ text: 'One two three four five.' }) });
      const iterator = rig.ask();
      await until('a word', iterator.next());
      await clock.advance(60_000);
      expect(await until('the next word', iterator.next())).toMatchObject({ done: false });
      await iterator.return?.();
    }
    expect(clock.pending).toBe(0);
  });

  test('nothing is left behind by an answer', async () => {
    const clock = new SimClock();
    await using rig = await openRig({ clock });
    await rig.words();
    expect(clock.pending).toBe(0);
  });
});

describe('the start', () => {
  test.each([
    ['a wrong key', { apiKey: 'sk-other' }, 'OPENAI_API_KEY'],
    ['a model that is not there', { models: ['another'] }, 'OPENAI_MODEL'],
  ])('%s is told before the first caller meets it', async (_, options, variable) => {
    for (const isOpenAi of [true, false]) {
      await using rig = await openRig({ ...options, isOpenAi });
      await rig.failure();
      expect(
        rig.lines
          .filter(({ level }) => level === 'warn')
          .map(({ message }) => message)
          .join(),
      ).toContain(variable);
    }
  });

  test('a server that is not up yet does not keep the gateway from starting, nor from closing', async () => {
    const lines: Parameters<typeof quietLog>[0] = [];
    await using llm = new OpenAiLlm(
      { apiKey: null, baseUrl: 'http://127.0.0.1:1/v1', model: 'luna', isOpenAi: false },
      { clock: systemClock, log: quietLog(lines), random: () => 0.5, publicUrl: '' },
    );
    expect(llm.models).toEqual(['luna']);
  });

  test('one that is loading its model does not keep it from closing', async () => {
    const rig = await openRig({ isOpenAi: true });
    rig.server.answerWith(() => ({ fault: { kind: 'silence' } }));
    const failed = rig.failure();
    await until('the request', rig.server.chat(0));
    await until('the end', rig[Symbol.asyncDispose]());
    expect(codeOf((await failed).error)).toBe('stopping');
  });
});
