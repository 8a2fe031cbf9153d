import { expect, test } from 'vitest';
import type { CallStore, Vendors } from '../../src/call/ports.ts';
import type { Turn } from '../../src/domain/call.ts';
import { RingbackError } from '../../src/errors.ts';
import type { Llm, LlmEvent, LlmRequest } from '../../src/llm/llm.ts';
import { countEnd, meterStore, meterVendors } from '../../src/metered.ts';
import type { Metrics } from '../../src/metrics.ts';

/** Keeps what is reported, as `what: figures`. */
function listening() {
  const heard: string[] = [];
  const hear =
    (what: string) =>
    (...told: unknown[]): void =>
      void heard.push(`${what} ${JSON.stringify(told[0])}`);
  const metrics: Metrics = {
    callStarted: hear('started'),
    callEnded: hear('ended'),
    callRefused: hear('refused'),
    turn: ({ role, interrupted }) => void heard.push(`turn ${role} ${interrupted}`),
    dialed: hear('dialed'),
    carrierAnswered: hear('answered'),
    vendorFailed: ({ kind, vendor, fault }) => void heard.push(`${kind} ${vendor} ${fault}`),
  };
  return { heard, metrics };
}

const request: LlmRequest = { model: null, messages: [], tools: [], callId: 'c' };

function vendorsWith(answer: Llm['answer']): Vendors {
  const llm: Llm = { name: 'acme', models: [], answer, [Symbol.asyncDispose]: async () => undefined };
  return {
    stt: () => null,
    llm: () => ({ llm, model: 'm' }),
    tts: () => {
      throw new Error('nobody speaks here');
    },
  };
}

async function answerOf(vendors: Vendors, signal = new AbortController().signal): Promise<LlmEvent[]> {
  const events: LlmEvent[] = [];
  for await (const event of vendors.llm(null).llm.answer(request, { signal })) events.push(event);
  return events;
}

const failing = (error: unknown) =>
  // oxlint-disable-next-line require-yield -- it fails before it says anything
  async function* (): AsyncGenerator<LlmEvent> {
    throw error;
  };

test('an answer that succeeds passes as it is and counts as no error', async () => {
  const { heard, metrics } = listening();
  const said: LlmEvent[] = [
    { type: 'text', text: 'hi' },
    { type: 'finish', reason: 'stop' },
  ];
  const vendors = meterVendors(
    vendorsWith(async function* () {
      yield* said;
    }),
    metrics,
  );
  expect(await answerOf(vendors)).toEqual(said);
  expect(heard).toEqual([]);
});

test.each([
  [new RingbackError('vendor_failed', ['acme', 'x']), 'failed'],
  [new RingbackError('vendor_refused', ['acme', 'x']), 'refused'],
  [new Error('what they said'), 'other'],
])('a failing model is counted by a word of ours, never by its own (%s)', async (error, fault) => {
  const { heard, metrics } = listening();
  await expect(answerOf(meterVendors(vendorsWith(failing(error)), metrics))).rejects.toBe(error);
  expect(heard).toEqual([`llm acme ${fault}`]);
});

test('a model that is given up counts once, and one that is interrupted by the caller not at all', async () => {
  const { heard, metrics } = listening();
  const vendors = meterVendors(
    vendorsWith(async function* (_request, { signal }) {
      yield { type: 'text', text: 'well' };
      signal.throwIfAborted();
    }),
    metrics,
  );
  const cut = async (reason: RingbackError): Promise<void> => {
    const stop = new AbortController();
    const answer = vendors.llm(null).llm.answer(request, { signal: stop.signal })[Symbol.asyncIterator]();
    await answer.next();
    stop.abort(reason);
    await expect(answer.next()).rejects.toBe(reason);
  };
  await cut(new RingbackError('call_ended'));
  expect(heard).toEqual([]);
  await cut(new RingbackError('vendor_deadline', ['acme', 8_000]));
  expect(heard).toEqual(['llm acme deadline']);
});

test('a turn is counted once it is over and stored, and not while it is being spoken', async () => {
  const { heard, metrics } = listening();
  let down = true;
  const nothing = async (): Promise<void> => undefined;
  const store: CallStore = {
    saveTurn: async () => {
      if (down) throw new Error('away');
    },
    beginOpening: async () => true,
    ending: nothing,
    recordingStarted: nothing,
    recordingFinished: nothing,
    ended: nothing,
  };
  const turn: Turn = {
    index: 0,
    role: 'agent',
    text: 'hello',
    heardText: null,
    interrupted: true,
    startedAt: Temporal.Instant.from('2026-11-24T12:00:00Z'),
    endedAt: null,
    toolName: null,
    toolArguments: null,
    toolResult: null,
    latency: null,
  };
  const over = { ...turn, endedAt: Temporal.Instant.from('2026-11-24T12:00:02Z') };
  const metered = meterStore(store, metrics);
  await expect(metered.saveTurn('c', over, 0)).rejects.toThrow('away');
  down = false;
  await metered.saveTurn('c', turn, 0);
  expect(heard).toEqual([]);
  await metered.saveTurn('c', over, 0);
  expect(heard).toEqual(['turn agent true']);
});

test('the end of a call that is not known is not counted', async () => {
  const { heard, metrics } = listening();
  await countEnd({ find: async () => undefined }, 'c', metrics);
  expect(heard).toEqual([]);
});
