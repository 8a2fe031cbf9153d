import { describe, expect, test } from 'vitest';
import { RingbackError } from '../../../src/errors.ts';
import { CallRoom } from '../../fakes/call-room.ts';
import { vendorFailure } from '../../fakes/scripted-llm.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

const SORRY = 'I am sorry, something went wrong on my side. Could you say that again?';

async function ask(room: CallRoom) {
  const line = room.connect({ opening: { kind: 'none' } });
  line.sink.onText('Hello?');
  return line;
}

describe('an LLM that fails', () => {
  test('is asked once more before its first word, unheard', async () => {
    await using room = new CallRoom();
    room.llm.answers({ fail: vendorFailure() }).answers({ text: 'Hello.' });
    const { stream } = await ask(room);
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Hello.');
  });

  test.each([
    ['that refuses us', () => new RingbackError('vendor_refused', ['scripted', 'as it was told'])],
    ['whose adapter has a fault', () => new TypeError('as it was told')],
  ])('%s is not asked again: it would not help', async (_what, fault) => {
    await using room = new CallRoom();
    room.llm.answers({ fail: fault() });
    const { stream } = await ask(room);
    await room.clock.advance(5_000);
    expect(room.llm.requests).toHaveLength(1);
    expect(stream.heard).toBe(SORRY);
  });

  test('that stalls between two words is given up after four seconds, and what was whole is heard', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'It is sunny today. And to' }, { hang: true });
    const { stream } = await ask(room);
    await room.clock.advance(3_900);
    expect(stream.heard).toMatch(/^It is sunny today\.One/);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe(`It is sunny today.One moment, please.${SORRY}`);
    expect(room.llm.requests).toHaveLength(1);
  });

  test('twice is apologised for, and the call goes on', async () => {
    await using room = new CallRoom();
    room.llm.answers({ fail: vendorFailure() }).answers({ fail: vendorFailure() }).answers({ text: 'Hello.' });
    const { stream, sink } = await ask(room);
    await room.clock.advance(5_000);
    expect(stream.heard).toBe(SORRY);
    sink.onText('Hello?');
    await room.clock.advance(2_000);
    expect(stream.heard).toBe(`${SORRY}Hello.`);
  });

  test('that says nothing for eight seconds is apologised for, even if it hears no abort', async () => {
    await using room = new CallRoom();
    room.llm.answers({ hang: true });
    const { stream } = await ask(room);
    await room.clock.advance(7_900);
    expect(stream.heard).toBe('One moment, please.I am still on it.');
    await room.clock.advance(5_000);
    expect(stream.heard).toBe(`One moment, please.I am still on it.${SORRY}`);
    expect(room.llm.aborted).toBe(1);
  });

  test('in the middle is apologised for after what it had said', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'It is sunny today. ' }, { fail: vendorFailure() });
    const { stream } = await ask(room);
    await room.clock.advance(6_000);
    expect(stream.heard).toBe(`It is sunny today.${SORRY}`);
    expect(room.llm.requests).toHaveLength(1);
  });

  test('and says nothing at all is apologised for', async () => {
    await using room = new CallRoom();
    room.llm.answers({ waitMs: 1 });
    const { stream } = await ask(room);
    await room.clock.advance(5_000);
    expect(stream.heard).toBe(SORRY);
  });

  test('and gives nothing that can be spoken is apologised for', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: '…' });
    const { stream } = await ask(room);
    await room.clock.advance(5_000);
    expect(stream.heard).toBe(SORRY);
  });

  test('three times in a row ends the call with an apology', async () => {
    await using room = new CallRoom();
    for (let answer = 0; answer < 6; answer += 1) room.llm.answers({ fail: vendorFailure() });
    const { stream, sink } = await ask(room);
    await room.clock.advance(5_000);
    sink.onText('Hello?');
    await room.clock.advance(5_000);
    sink.onText('Hello?');
    await room.clock.advance(6_000);
    expect(stream.heard).toContain('I have to end this call. Goodbye.');
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });
});

describe('a voice that fails', () => {
  test.each(['error', 'stall'] as const)('(%s) is opened anew, and the sentence is said', async (fault) => {
    await using room = new CallRoom();
    room.tts.faults.push(null, fault);
    room.llm.answers({ text: 'The first is this. The second is that.' });
    const { stream } = await ask(room);
    await room.clock.advance(9_000);
    expect(stream.heard).toBe('The first is this.The second is that.');
    expect(room.tts.opened).toBe(2);
    expect(room.store.read()).toEqual(['caller: Hello?', 'agent: The first is this. The second is that.']);
  });

  test('in the middle of a sentence repeats it', async () => {
    await using room = new CallRoom();
    room.tts.faults.push('half_then_error');
    room.llm.answers({ text: 'The first is this.' });
    const { stream } = await ask(room);
    await room.clock.advance(4_000);
    expect(stream.heard).toMatch(/^The first ?The first is this\.$/);
  });

  test('twice at one sentence apologises, and the call goes on', async () => {
    await using room = new CallRoom();
    room.tts.faults.push('error', 'error');
    const { stream, sink } = await ask(room);
    await room.clock.advance(6_000);
    expect(stream.heard).toMatch(/^I am sorry/);
    sink.onText('And now?');
    await room.clock.advance(3_000);
    expect(stream.heard).toMatch(/Fine\.$/);
    expect(stream.closed).toBe(0);
  });

  test.each([
    ['at the apology too', ['error', 'error', 'error', 'error']],
    ['by keeping silent', ['stall', 'stall']],
  ] as const)('%s ends the call', async (_how, faults) => {
    await using room = new CallRoom();
    room.tts.faults.push(...faults);
    const { stream } = await ask(room);
    await room.clock.advance(13_000);
    expect(stream.heard).toBe('');
    expect(stream.closed).toBe(1);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });

  test('at the notice ends the call: without it nothing else may be said', async () => {
    await using room = new CallRoom();
    room.tts.faults.push('error', 'error');
    const { stream } = room.connect({ opening: { kind: 'greeting', notice: 'I am an AI.', text: 'Hello.' } });
    await room.clock.advance(4_000);
    expect(stream.heard).toBe('');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });
});

describe('an STT that fails', () => {
  test('is opened again, ever more slowly, while typed turns go on', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const { stream, sink } = room.connect({ opening: { kind: 'none' } });
    stt.failsToOpen = 2;
    stt.last.onError(new Error('lost'));
    sink.onText('Hello?');
    await room.clock.advance(400);
    expect(stt.opened).toHaveLength(1);
    await room.clock.advance(4_000);
    expect(stt.opened).toHaveLength(2);
    expect(stream.heard).toBe('Fine.');
    stt.say('And now?');
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('Fine.Fine.');
  });

  test('says nothing any more once it was given up', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.connect({ opening: { kind: 'none' } });
    const old = stt.last;
    old.onError(new Error('lost'));
    await room.clock.advance(600);
    old.onEndOfTurn('A ghost.', false);
    await room.clock.advance(1_000);
    expect(room.store.read()).toEqual([]);
  });
});

describe('what throws', () => {
  test('ends its own call with an error, and no other', async () => {
    await using room = new CallRoom();
    const broken = room.connect({ id: 'a' });
    const whole = room.connect({ id: 'b' });
    broken.stream.sendAudio = () => {
      throw new Error('secret of the line');
    };
    await room.clock.advance(2_000);
    expect(room.store.ends).toEqual([{ callId: 'a', reason: 'error' }]);
    expect(whole.stream.heard).toBe('How can I help?');
    expect(JSON.stringify(room.log.lines)).not.toContain('secret');
  });

  test('before the call has begun leaves nothing, and its record is ended', async () => {
    await using room = new CallRoom();
    room.tts.open = () => {
      throw new Error('no voice');
    };
    expect(() => room.connect()).toThrow('no voice');
    await room.clock.advance(100);
    expect(room.left()).toBe('');
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });

  test('a line that takes no audio any more ends the call', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({ opening: { kind: 'greeting', notice: null, text: 'Hello there. '.repeat(40) } });
    stream.bufferedBytes = 9_000;
    await room.clock.advance(12_000);
    expect(stream.sentAtMs).toEqual([]);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'error' }]);
  });
});

describe('a database that is away', () => {
  test('is not heard in the call, and gets everything, in order, once it is back', async () => {
    await using room = new CallRoom();
    room.store.away = true;
    const { stream, sink } = room.connect();
    await room.clock.advance(2_000);
    sink.onText('Hello?');
    await room.clock.advance(20_000);
    expect(stream.heard).toContain('How can I help?Fine.');
    sink.onClosed('hung_up');
    await room.clock.advance(1_000);
    room.store.away = false;
    await room.clock.advance(6_000);
    expect(room.store.read().slice(0, 3)).toEqual(['agent: How can I help?', 'caller: Hello?', 'agent: Fine.']);
    expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'caller_hung_up' }]);
    // The latest state of each turn, not every one.
    expect(room.store.saves.filter(({ turn }) => turn.index === 2)).toHaveLength(1);
  });

  test('for good does not hold what is over for ever', async () => {
    await using room = new CallRoom();
    room.store.away = true;
    room.connect().sink.onClosed('hung_up');
    await room.clock.advance(310_000);
    expect(room.left()).toBe('');
    expect(room.log.lines.some(({ message }) => message === 'parts of a call could not be stored')).toBe(true);
  });
});
