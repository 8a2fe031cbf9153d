import { describe, expect, test } from 'vitest';
import { Guard } from '../../../src/call/guard.ts';
import { HeardWords } from '../../../src/call/pipelines/heard-words.ts';
import { CallRoom } from '../../fakes/call-room.ts';

const STORY = 'One two three four five six seven eight nine ten eleven twelve.';

/** The agent tells its story and is cut off in the middle of it by another question. */
async function cutOff(room: CallRoom): Promise<ReturnType<CallRoom['connect']>> {
  room.llm.answers({ text: 'It begins so. ' }, { text: STORY });
  const line = room.connect({ opening: { kind: 'none' } });
  line.sink.onText('Tell me.');
  await room.clock.advance(3_000);
  line.sink.onText('Stop. What was that?');
  return line;
}

describe('a voice that knows what was heard', () => {
  test('is believed rather than our estimate: in the transcript, and by the model', async () => {
    await using room = new CallRoom();
    room.tts.heardWords = { text: 'One two', afterMs: 40 };
    await cutOff(room);
    await room.clock.advance(2_000);
    expect(room.store.turns()[1]).toMatchObject({ heardText: 'It begins so. One two', interrupted: true });
    expect(JSON.stringify(room.llm.requests.at(-1)?.messages)).toContain('It begins so. One two [interrupted');
  });

  test('and answers late keeps nobody waiting: the estimate is used, and put right afterwards', async () => {
    await using room = new CallRoom();
    room.tts.heardWords = { text: 'One two', afterMs: 400 };
    await cutOff(room);
    await room.clock.advance(149);
    expect(room.llm.requests).toHaveLength(1);
    await room.clock.advance(1);
    expect(room.llm.requests).toHaveLength(2);
    expect(JSON.stringify(room.llm.requests[1]?.messages)).not.toContain('One two [interrupted');
    await room.clock.advance(2_000);
    expect(room.store.turns()[1]?.heardText).toBe('It begins so. One two');
  });

  test('and says so after the call is over changes nothing any more', async () => {
    await using room = new CallRoom();
    room.tts.heardWords = { text: 'One two', afterMs: 400 };
    const { sink } = await cutOff(room);
    sink.onClosed('hung_up');
    await room.clock.advance(2_000);
    expect(room.store.turns()[1]?.heardText).not.toBe('It begins so. One two');
  });
});

test('a voice that does not know leaves the estimate, and the next answer waits for nothing', async () => {
  await using room = new CallRoom();
  await cutOff(room);
  await room.clock.advance(0);
  expect(room.llm.requests).toHaveLength(2);
  const heard = room.store.turns()[1]?.heardText ?? '';
  expect(`It begins so. ${STORY}`.startsWith(heard)).toBe(true);
  expect(heard.length).toBeGreaterThan('It begins so.'.length);
});

test('what goes wrong while the estimate is put right is the fault of the call, and no secret', async () => {
  await using room = new CallRoom();
  const faults: unknown[] = [];
  const guard = new Guard((error) => faults.push(error));
  const words = new HeardWords(room.clock, new AbortController().signal, guard.run);
  const fault = new Error('no such turn');
  words.await(Promise.resolve('One two'), () => {
    throw fault;
  });
  await words.settled();
  expect(faults).toEqual([fault]);
});
