import { expect, test } from 'vitest';
import type { AttemptWire } from '../../../src/api/callbacks.ts';
import type { CallWire, TurnWire } from '../../../src/api/calls.ts';
import { askedIn } from '../../../src/console/callbacks/asked-in.ts';
import { callEvents, offsetWords } from '../../../src/console/calls/call-events.ts';

const at = (seconds: number): string => `2026-11-24T10:00:${String(seconds).padStart(2, '0')}.000Z`;
const turn = (index: number, change: Partial<TurnWire>): TurnWire => ({
  index,
  role: 'caller',
  text: '',
  heardText: null,
  interrupted: false,
  startedAt: at(index),
  endedAt: at(index),
  toolName: null,
  toolArguments: null,
  toolResult: null,
  latency: null,
  ...change,
});
const call: CallWire = {
  id: 'c',
  direction: 'outbound',
  status: 'completed',
  carrier: 'twilio',
  carrierCallId: 'CA1',
  agentId: 'a',
  conversationId: 'v',
  callbackId: 'b',
  from: '+13125550100',
  to: '+13125550142',
  startedAt: at(1),
  answeredAt: at(2),
  endedAt: at(30),
  endReason: 'agent_ended',
  recordingAvailable: true,
  summary: null,
  purgedAt: null,
  resumes: 2,
  transcript: [
    turn(5, { text: 'Call me back in half an hour' }),
    turn(6, { role: 'tool', toolName: 'schedule_callback', toolResult: { ok: true, callback_id: 'b2' } }),
    turn(8, { role: 'agent', text: 'Of course', interrupted: true, endedAt: at(9) }),
  ],
};
const attempt: AttemptWire = {
  id: 't',
  number: 2,
  status: 'ended',
  outcome: 'completed',
  counted: true,
  detail: null,
  startedAt: at(0),
  answeredAt: at(2),
  endedAt: at(31),
  callId: 'c',
  carrierCallId: 'CA1',
};

test('what happened besides words stands in the order in which it happened', () => {
  expect(callEvents(call, attempt).map(({ words }) => words)).toEqual([
    'Asked the carrier to call',
    'The carrier took it',
    'They answered',
    'Schedule callback: done',
    'The caller interrupted',
    'The agent said goodbye',
    'The attempt ended: they talked',
  ]);
  expect(callEvents(call, attempt)[5]?.detail).toBe('Its line was lost and opened again 2 times');
});

test('an erasure is an event of the call', () => {
  const erased = callEvents({ ...call, purgedAt: at(50), transcript: [] }, undefined);
  expect(erased.at(-1)?.words).toBe('Its words and its recording were erased');
});

test("the caller's words before the booking are quoted, of this promise and no other", () => {
  expect(askedIn(call, 'b2')?.text).toBe('Call me back in half an hour');
  expect(askedIn(call, 'other')).toBeNull();
});

test('what happened shortly before the answer stands at nought, what came long after it on its day', () => {
  expect([-2_400, -400, 0, 61_000, 90 * 86_400_000].map(offsetWords)).toEqual([
    '−0:02',
    '0:00',
    '0:00',
    '1:01',
    '+90 d',
  ]);
});
