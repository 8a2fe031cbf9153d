import { expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';

test('whoever writes is not asked whether they are still there, until they stop', async () => {
  await using room = new CallRoom();
  const line = room.connect({ opening: { kind: 'none' } });
  for (let times = 0; times < 6; times += 1) {
    await room.clock.advance(5_000);
    line.sink.onTyping();
  }
  await room.clock.advance(7_900);
  expect(room.store.read()).toEqual([]);
  await room.clock.advance(2_000);
  expect(room.store.read()).toEqual(['agent: Are you still there?']);
});
