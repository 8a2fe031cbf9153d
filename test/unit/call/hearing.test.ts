import { describe, expect, test } from 'vitest';
import type { AudioFormat } from '../../../media/audio-format.ts';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

const wide: AudioFormat = { encoding: 'pcm16', sampleRateHz: 16_000 };

describe('an STT that only gives words', () => {
  test('a turn is over when silence follows its words, and not at a breath', async () => {
    const stt = new ScriptedStt('none');
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 200);
    await room.hear(line, 'voice', 600);
    stt.last.onFinal('Call me');
    await room.hear(line, 'silence', 500);
    await room.hear(line, 'voice', 600);
    stt.last.onFinal('tomorrow.');
    await room.hear(line, 'silence', 600);
    expect(room.store.read()).toEqual([]);
    await room.hear(line, 'silence', 1_500);
    expect(room.store.read()[0]).toBe('caller: Call me tomorrow.');
    const latency = room.store.turns()[1]?.latency;
    // The gate needs 300 ms of silence to hear that the voice has ended; it is counted from its real end.
    expect(latency?.endpointingMs).toBe(980);
    expect(latency?.totalMs).toBe(1_080);
    expect(stt.finalized).toBe(2);
  });

  test('a voice without words does not keep a turn open for ever', async () => {
    const stt = new ScriptedStt('none');
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 200);
    await room.hear(line, 'voice', 600);
    stt.last.onFinal('Call me.');
    await room.hear(line, 'voice', 3_200);
    expect(room.store.read()[0]).toBe('caller: Call me.');
  });
});

describe('an STT that decides the end of a turn', () => {
  test('is believed, and not asked for finals at every pause', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 200);
    await room.hear(line, 'voice', 600);
    stt.last.onFinal('Call me');
    await room.hear(line, 'silence', 1_300);
    expect(room.store.read()).toEqual([]);
    stt.last.onEndOfTurn('Call me tomorrow', true);
    stt.last.onTurnResumed();
    expect(room.store.read()).toEqual([]);
    stt.last.onFinal('tomorrow.');
    stt.last.onEndOfTurn('', false);
    await room.clock.advance(100);
    expect(room.store.read()[0]).toBe('caller: Call me tomorrow.');
    expect(stt.finalized).toBe(0);
  });

  test('a turn whose end was never told is answered all the same', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.connect({ opening: { kind: 'none' } });
    stt.last.onFinal('Call me.');
    await room.clock.advance(6_100);
    expect(room.store.read()[0]).toBe('caller: Call me.');
  });
});

describe('a silence of theirs that the STT makes nothing of', () => {
  test.each([
    ['whose end was lost', (stt: ScriptedStt) => stt.last.onFinal('Call me at four.')],
    [
      'of which there are only words that may still change',
      (stt: ScriptedStt) => stt.last.onInterim('Call me at four.'),
    ],
  ])('a turn %s is answered within three seconds, and only once', async (_what, hears) => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 200);
    await room.hear(line, 'voice', 600);
    const quietMs = room.clock.nowMs();
    hears(stt);
    await room.hear(line, 'silence', 3_500);
    expect(line.stream.firstHeardMs).toBeLessThan(quietMs + 3_000);
    // What the STT still says of it comes too late.
    stt.last.onFinal('Call me at four.');
    stt.last.onEndOfTurn('Call me at four.', false);
    await room.hear(line, 'silence', 2_000);
    expect(room.store.read()).toEqual(['caller: Call me at four.', 'agent: Fine.']);
    expect(stt.finalized).toBe(1);
    // What they say then is heard.
    await room.hear(line, 'voice', 600);
    stt.say('Thank you.');
    await room.clock.advance(1_000);
    expect(room.store.read().slice(2)).toEqual(['caller: Thank you.', 'agent: Fine.']);
  });
});

describe('a turn that was decided on before the STT had ended it', () => {
  async function decided(text: string): Promise<{ room: CallRoom; line: Line; stt: ScriptedStt }> {
    const stt = new ScriptedStt('model');
    const room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 200);
    await room.hear(line, 'voice', 600);
    stt.last.onInterim(text);
    await room.hear(line, 'silence', 2_400);
    expect(room.store.read()[0]).toBe(`caller: ${text}`);
    return { room, line, stt };
  }

  test('is told to an STT that ends turns itself, so that it does not wait for more of it', async () => {
    const { room, line, stt } = await decided('I would like a table.');
    await using _room = room;
    expect(stt.turnsEnded).toBe(1);
    // What it ends itself it need not be told of.
    stt.last.onEndOfTurn('I would like a table.', false);
    await room.hear(line, 'voice', 800);
    stt.say('For two people.');
    await room.hear(line, 'silence', 3_000);
    expect(stt.turnsEnded).toBe(1);
  });

  test('is not said again by what they add to it', async () => {
    const { room, line, stt } = await decided('I would like a table.');
    await using _room = room;
    await room.hear(line, 'voice', 800);
    stt.last.onInterim('I would like a table.');
    stt.last.onInterim('I would like a table, for two');
    stt.last.onFinal('I would like a table, for two people.');
    stt.last.onEndOfTurn('I would like a table, for two people.', false);
    await room.hear(line, 'silence', 3_000);
    expect(room.store.read().filter((turn) => turn.startsWith('caller'))).toEqual([
      'caller: I would like a table.',
      'caller: for two people.',
    ]);
  });

  test('counts once when its end comes just after a new noise', async () => {
    const { room, line, stt } = await decided('I would like a table.');
    await using _room = room;
    await room.hear(line, 'voice', 200);
    stt.last.onFinal('I would like a table.');
    stt.last.onEndOfTurn('I would like a table.', false);
    await room.hear(line, 'silence', 3_000);
    expect(room.store.read().filter((turn) => turn.startsWith('caller'))).toEqual(['caller: I would like a table.']);
  });

  test('does not swallow what they say next, however quietly', async () => {
    const { room, line, stt } = await decided('I would like a table.');
    await using _room = room;
    stt.last.onEndOfTurn('I would like a table.', false);
    await room.hear(line, 'silence', 500);
    // Too quiet to be a voice to us, and none the less understood.
    stt.last.onSpeechStarted();
    stt.say('For two people.');
    await room.hear(line, 'silence', 2_000);
    expect(room.store.read().filter((turn) => turn.startsWith('caller'))).toEqual([
      'caller: I would like a table.',
      'caller: For two people.',
    ]);
  });

  test('and is said once more later counts again', async () => {
    const { room, line, stt } = await decided('Yes.');
    await using _room = room;
    await room.hear(line, 'voice', 800);
    await room.hear(line, 'silence', 400);
    stt.say('Yes.');
    await room.hear(line, 'silence', 3_000);
    expect(room.store.read().filter((turn) => turn.startsWith('caller'))).toEqual(['caller: Yes.', 'caller: Yes.']);
  });
});

describe('a caller who is not understood', () => {
  const SORRY = 'I am sorry, I did not catch that. Could you say it again?';

  test.each([
    ['by an STT that says nothing', 1_000, (_stt: ScriptedStt) => undefined],
    ['by an STT that is lost, after one word', 400, (stt: ScriptedStt) => stt.last.onError(new Error('lost'))],
  ])('%s is asked to say it again, within three seconds', async (_what, voiceMs, breaks) => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 1_000);
    stt.failsToOpen = 100;
    breaks(stt);
    await room.hear(line, 'voice', voiceMs);
    const quietMs = room.clock.nowMs();
    await room.hear(line, 'silence', 6_500);
    expect(line.stream.heard).toBe(SORRY);
    expect(line.stream.firstHeardMs).toBeLessThan(quietMs + 3_000);
  });

  test('is not asked for a cough, nor for what was understood, nor again and again for a noise', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const limits = { silencePromptSeconds: 600, silencePrompts: 2, maxCallMinutes: 30 };
    const line = room.connect({ opening: { kind: 'none' }, agent: { limits } });
    await room.hear(line, 'silence', 1_000);
    await room.hear(line, 'voice', 300);
    await room.hear(line, 'silence', 4_000);
    await room.hear(line, 'voice', 1_000);
    stt.say('Is it raining?');
    await room.hear(line, 'silence', 4_000);
    expect(line.stream.heard).toBe('Fine.');
    for (let noise = 0; noise < 5; noise += 1) {
      await room.hear(line, 'voice', 1_000);
      await room.hear(line, 'silence', 8_000);
    }
    expect(line.stream.heard).toBe(`Fine.${SORRY}${SORRY}`);
  });
});

describe('formats', () => {
  test('the STT gets audio in a format that it takes', async () => {
    const stt = new ScriptedStt('endpointing', [wide]);
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 1_000);
    expect(stt.opened[0]?.format).toEqual(wide);
    // 16 kHz of two bytes; the resampler may still hold a little.
    expect(stt.writtenBytes).toBeGreaterThan(31_000);
    expect(stt.writtenBytes).toBeLessThanOrEqual(32_000);
  });

  test('on a telephone mu-law goes through untouched', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'none' } });
    await room.hear(line, 'silence', 1_000);
    expect(stt.writtenBytes).toBe(8_000);
  });

  test('the line gets audio in its own format, whatever the voice gives', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({}, { format: wide });
    await room.clock.advance(2_000);
    // 15 characters of 50 ms at 16 kHz of two bytes, in whole frames.
    expect(stream.heardBytes).toBeGreaterThanOrEqual(23_040);
    expect(stream.heardBytes).toBeLessThanOrEqual(24_320);
  });

  test('an opening that was prepared for another line is turned into this one', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Hello, it is Robin.' });
    const opening = { kind: 'callback', notice: null, instruction: 'Open.' } as const;
    room.calls.prepare(room.briefing({ opening }), 60_000);
    await room.clock.advance(1_000);
    const { stream } = room.connect({ opening }, { format: wide });
    await room.clock.advance(4_000);
    expect(stream.sentAtMs[0]).toBe(2_200);
    expect(stream.heardBytes).toBeGreaterThan(29_000);
    expect(room.llm.requests).toHaveLength(1);
  });
});

test('a long answer is spoken to its end, and never waits as more than a minute of audio', async () => {
  await using room = new CallRoom();
  const sentence = 'This is one of many sentences that take their time to be said aloud. ';
  room.llm.answers({ text: sentence.repeat(30) });
  const { stream, sink } = room.connect({ opening: { kind: 'none' } });
  sink.onText('Tell me everything.');
  await room.clock.advance(20_000);
  expect(room.tts.spoken.length).toBeLessThan(22);
  await room.clock.advance(90_000);
  expect(stream.heard).toBe(sentence.trimEnd().repeat(30));
});
