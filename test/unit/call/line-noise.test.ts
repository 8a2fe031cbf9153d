import { expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { callerFrame } from '../../fakes/spoken-audio.ts';

const limits = { silencePromptSeconds: 8, silencePrompts: 2, maxCallMinutes: 30 };

/** Frames of 20 ms as a line gives them. */
const lines: Readonly<Record<string, (frame: number) => Uint8Array>> = {
  'pure silence': () => callerFrame('silence'),
  'noise as loud as it goes': (frame) =>
    new Uint8Array(160).map((_, index) => ((frame * 7919 + index * 104_729) % 251) & 0xff),
  'the tone of a fax': () => new Uint8Array(160).map((_, index) => (index % 8 < 4 ? 0x90 : 0x10)),
  'a tone that comes and goes': (frame) => callerFrame(frame % 25 < 20 ? 'voice' : 'silence'),
};

test.each(Object.keys(lines))('M11: five minutes of %s end the call, and no model is asked', async (kind) => {
  const stt = new ScriptedStt();
  await using room = new CallRoom({ stt });
  const line = room.connect({ opening: { kind: 'none' }, agent: { limits } });
  const frames = lines[kind];
  for (let frame = 0; frame < 15_000 && line.stream.closed === 0; frame += 1) {
    line.sink.onAudio(frames?.(frame) ?? callerFrame('silence'));
    await room.clock.advance(20);
  }
  expect(room.llm.requests).toEqual([]);
  expect(line.stream.closed).toBe(1);
  expect(room.store.ends).toEqual([{ callId: 'call-1', reason: 'silence' }]);
  // A few sentences of ours, not one after the other without end.
  expect(room.tts.spoken.length).toBeLessThan(12);
});

test('M15: no word of a turn that was cut is heard after the cut, wherever it is cut', async () => {
  const story = 'This is a story of many words that nobody wants to hear to its end, but which goes on and on.';
  for (let offsetMs = 100; offsetMs < 4_100; offsetMs += 40) {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: story }).answers({ text: 'QQQ' });
    const line = room.connect({ opening: { kind: 'none' } });
    stt.say('Tell me.');
    await room.clock.advance(offsetMs);
    const before = line.stream.heard;
    stt.say('Stop it.');
    await room.clock.advance(3_000);
    const after = line.stream.heard.slice(before.length).replace('QQQ', '');
    expect(after.length, `${offsetMs} ms: ${after}`).toBeLessThanOrEqual(1);
    expect(line.stream.heard.endsWith('QQQ')).toBe(true);
  }
});
