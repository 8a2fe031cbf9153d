import { describe, expect, test } from 'vitest';
import type { LiveCallsOptions } from '../../../src/call/ports.ts';
import type { Call } from '../../../src/domain/call.ts';
import { CallRoom } from '../../fakes/call-room.ts';

/** A room whose process is to stop; `others` is whether another replica is there. */
function leavingRoom(others: LiveCallsOptions['othersTakeOver'], lost: Call[] = []): CallRoom {
  return new CallRoom({
    options: { lost: (call) => void lost.push(call), ...(others === undefined ? {} : { othersTakeOver: others }) },
  });
}

const yes = async (): Promise<boolean> => true;
const GOODBYE = /Thank you for calling\. Goodbye\.$/;

describe('a process that stops, at the limit of its drain,', () => {
  test('lets go of its calls, so that another replica goes on with them', async () => {
    const lost: Call[] = [];
    await using room = leavingRoom(yes, lost);
    const { stream } = room.connect();
    await room.clock.advance(2_000);
    const drained = room.calls.drain(1_000);
    await room.clock.advance(1_000);
    await drained;
    expect(stream.heard).toBe('How can I help?');
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([]);
    expect(lost.map(({ id }) => id)).toEqual(['call-1']);
    // A stream that comes late finds the next replica.
    expect(() => room.connect({ id: 'b' })).toThrow('stopping');
  });

  test('closes the line only once what was said is stored', async () => {
    await using room = leavingRoom(yes);
    const { stream } = room.connect();
    await room.clock.advance(2_000);
    const stored = Promise.withResolvers<void>();
    const save = room.store.saveTurn.bind(room.store);
    room.store.saveTurn = async (callId, turn) => {
      await stored.promise;
      await save(callId, turn);
    };
    room.connect({ id: 'b' });
    await room.clock.advance(100);
    const drained = room.calls.drain(0);
    await room.clock.advance(5_000);
    expect(stream.closed).toBe(1);
    stored.resolve();
    await room.clock.advance(1_000);
    await drained;
    expect(room.store.read('b')).toEqual([expect.stringMatching(/^agent: How can I help\?/)]);
  });

  test('does not let go in the middle of what they key in, if the end of that comes soon', async () => {
    await using room = leavingRoom(yes);
    const { stream, sink } = room.connect({ opening: { kind: 'none' } });
    sink.onDtmf('4');
    const drained = room.calls.drain(0);
    await room.clock.advance(1_000);
    expect(stream.closed).toBe(0);
    sink.onDtmf('2');
    sink.onDtmf('#');
    await room.clock.advance(1_000);
    await drained;
    expect(stream.closed).toBe(1);
    expect(room.store.read()[0]).toBe('caller: [keypad] 42#');
  });

  test('waits for the end of the sentence, if that comes soon', async () => {
    await using room = leavingRoom(yes);
    const { stream } = room.connect();
    await room.clock.advance(300);
    const drained = room.calls.drain(0);
    await room.clock.advance(400);
    expect(stream.closed).toBe(0);
    await room.clock.advance(1_000);
    await drained;
    expect(stream.heard).toBe('How can I help?');
    expect(stream.closed).toBe(1);
  });

  test('cuts a long one, and keeps how far it was heard', async () => {
    await using room = leavingRoom(yes);
    const long =
      'This is a very long story that goes on, and on, and on, and on, and on, and on, and on, and on, for ever.';
    const { stream } = room.connect({ opening: { kind: 'greeting', notice: null, text: `${long} ${long}` } });
    await room.clock.advance(300);
    const drained = room.calls.drain(0);
    await room.clock.advance(5_200);
    await drained;
    expect(stream.closed).toBe(1);
    expect(room.store.read()).toEqual([expect.stringMatching(/^agent: This is a very long story .* ~$/)]);
  });

  test('does not go in the middle of what the caller says', async () => {
    await using room = leavingRoom(yes);
    const line = room.connect();
    await room.clock.advance(2_000);
    await room.hear(line, 'voice', 400);
    const drained = room.calls.drain(0);
    await room.hear(line, 'voice', 1_000);
    expect(line.stream.closed).toBe(0);
    await room.hear(line, 'silence', 2_500);
    await drained;
    expect(line.stream.closed).toBe(1);
  });

  test.each<[string, LiveCallsOptions['othersTakeOver'], Parameters<CallRoom['connect']>]>([
    ['where nobody else is there', async () => false, []],
    ['where nobody can say who else is there', () => Promise.reject(new Error('away')), []],
    ['where that is not said in time', () => new Promise(() => undefined), []],
    ['where calls are not handed over at all', undefined, []],
    ['where the carrier opens no other stream', yes, [{}, { capabilities: { reopensStreams: false } }]],
    ['where the call was opened again too often already', yes, [{ call: { resumes: 3 } }]],
  ])('says goodbye %s', async (_where, others, line) => {
    await using room = leavingRoom(others);
    const { stream } = room.connect(...line);
    await room.clock.advance(2_000);
    const drained = room.calls.drain(0);
    await room.clock.advance(7_000);
    await drained;
    expect(stream.heard).toMatch(GOODBYE);
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'drained' }]);
  });
});

describe('what was heard of a turn that is being spoken', () => {
  const long = 'This is a long story, which is told slowly, and which nobody interrupts before it has come to its end.';
  const story = { opening: { kind: 'greeting', notice: null, text: long } } as const;

  test('is stored soon after it began and then every second, so that a dead process leaves it', async () => {
    await using room = new CallRoom();
    room.connect(story);
    await room.clock.advance(900);
    const first = room.store.turns()[0];
    expect(first).toMatchObject({ endedAt: null, interrupted: false });
    expect(first?.heardText).toMatch(/^This is/);
    expect(long.startsWith(first?.heardText ?? '-')).toBe(true);
    await room.clock.advance(2_000);
    const second = room.store.turns()[0];
    expect(second?.heardText?.length).toBeGreaterThan(first?.heardText?.length ?? Infinity);
    // A few saves of it, however many frames were sent.
    expect(room.store.saves.filter(({ turn }) => turn.heardText !== null).length).toBeLessThanOrEqual(3);
  });

  test('never says more than was heard', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect(story);
    for (let at = 0; at < 4_000; at += 100) {
      await room.clock.advance(100);
      const known = room.store.turns()[0]?.heardText ?? '';
      expect(stream.heard.slice(0, known.length)).toBe(known);
    }
  });
});
