import { expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';

test.each([
  ['half_then_stall', 'half_then_stall'],
  ['half_then_stall', 'error'],
] as const)('of a sentence that breaks off twice (%s, %s) is stored what was heard of it', async (...faults) => {
  await using room = new CallRoom({ options: { spareVoice: async () => null } });
  const { sink } = room.connect({ opening: { kind: 'none' } });
  await room.clock.advance(5_000);
  room.llm.answers({ text: 'Let me look: the first sentence of this is a long one.' });
  room.tts.faults.push(null, ...faults);
  sink.onText('Hello?');
  await room.clock.advance(30_000);
  const [, broken] = room.store.read();
  expect(broken).toMatch(/^agent: Let me look: the first ~$/);
});
