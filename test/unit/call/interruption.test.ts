import { describe, expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { readAudio } from '../../fakes/spoken-audio.ts';

const LONG = 'The first thing is this, the second thing is that.';

describe('cutting in', () => {
  test('a voice stops the agent at once, and only what was heard is kept', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: LONG });
    const line = room.connect();
    await room.clock.advance(2_000);
    line.sink.onText('Tell me.');
    await room.clock.advance(1_000);
    await room.hear(line, 'voice', 200);
    await room.clock.advance(2_000);
    // 24 characters are the clause up to the comma; the caller cut in after about a second.
    const heard = line.stream.heard.slice('How can I help?'.length);
    expect(LONG.startsWith(heard)).toBe(true);
    expect(heard.length).toBeLessThan(24);
    const turn = room.store.turns()[2];
    expect(turn?.interrupted).toBe(true);
    expect(turn?.text).toBe(LONG);
    expect(heard.startsWith(turn?.heardText ?? '-')).toBe(true);
    expect(turn?.heardText).toBe('The first thing is');
    expect(line.stream.clears).toBe(1);
  });

  test('typed words cut in, and are answered knowing what was heard', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: LONG }).answers({ text: 'Sure.' });
    const { stream, sink } = room.connect();
    await room.clock.advance(2_000);
    sink.onText('Tell me.');
    await room.clock.advance(1_000);
    sink.onText('Stop, something else.');
    await room.clock.advance(2_000);
    expect(stream.heard.endsWith('Sure.')).toBe(true);
    expect(room.llm.requests[1]?.messages.slice(2)).toEqual([
      { role: 'user', text: 'Tell me.' },
      { role: 'assistant', text: 'The first thing is [interrupted by the caller]' },
      { role: 'user', text: 'Stop, something else.' },
    ]);
    expect(room.store.read().slice(2)).toEqual([
      'agent: The first thing is ~',
      'caller: Stop, something else.',
      'agent: Sure.',
    ]);
  });

  test('words that were not heard are not told to the LLM', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: LONG }).answers({ text: 'Sure.' });
    const { sink } = room.connect();
    await room.clock.advance(2_000);
    sink.onText('Tell me.');
    await room.clock.advance(50);
    sink.onText('No, wait.');
    await room.clock.advance(2_000);
    expect(room.llm.requests[1]?.messages.slice(2)).toEqual([
      { role: 'user', text: 'Tell me.' },
      { role: 'user', text: 'No, wait.' },
    ]);
  });

  test('recognised words cut in as well', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const { stream } = room.connect({ opening: { kind: 'greeting', notice: null, text: LONG } });
    await room.clock.advance(1_000);
    stt.last.onInterim('hold');
    const heard = stream.heard;
    await room.clock.advance(2_000);
    expect(stream.heard.length - heard.length).toBeLessThanOrEqual(1);
    expect(room.store.turns()[0]?.interrupted).toBe(true);
  });

  test('an empty guess of the STT does not stop the agent', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const { stream } = room.connect();
    await room.clock.advance(400);
    stt.last.onInterim('  ');
    stt.last.onSpeechStarted();
    await room.clock.advance(2_000);
    expect(stream.heard).toBe('How can I help?');
  });

  test('the notice is heard to its end, and what was said meanwhile is answered after it', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'Of course.' });
    const line = room.connect({ opening: { kind: 'greeting', notice: 'I am a machine of Acme.', text: 'Hello.' } });
    await room.clock.advance(300);
    await room.hear(line, 'voice', 300);
    stt.say('Call me back.');
    await room.clock.advance(3_000);
    expect(line.stream.heard).toBe('I am a machine of Acme.Of course.');
    expect(room.store.read()).toEqual(['agent: I am a machine of Acme.', 'caller: Call me back.', 'agent: Of course.']);
  });

  test('where a carrier returns no marks the clock says what was heard', async () => {
    await using room = new CallRoom();
    const { sink } = room.connect(
      { opening: { kind: 'greeting', notice: null, text: LONG } },
      { returnsMarks: false, capabilities: { marksReturnedOnClear: false } },
    );
    await room.clock.advance(450);
    sink.onText('Stop.');
    await room.clock.advance(1_000);
    expect(room.store.turns()[0]?.heardText).toBe('The');
  });

  test('where a carrier cannot clear, no more than its short lead is heard after the cut', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Yes.' });
    const { stream, sink } = room.connect(
      { opening: { kind: 'greeting', notice: null, text: LONG } },
      { capabilities: { clear: false, leadMs: 40 } },
    );
    await room.clock.advance(1_000);
    const before = stream.heardBytes;
    sink.onText('Stop.');
    await room.clock.advance(90);
    expect((stream.heardBytes - before) / 8).toBeLessThanOrEqual(60);
    await room.clock.advance(2_000);
    expect(stream.clears).toBe(0);
    expect(stream.heard.endsWith('Yes.')).toBe(true);
  });

  test('no audio of what was cut is ever sent again', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'Yes.' });
    const { stream, sink } = room.connect({
      opening: { kind: 'greeting', notice: null, text: 'AAAAAAAAAAAAAAAAAAAAAAAAAA' },
    });
    await room.clock.advance(500);
    const sent: Uint8Array[] = [];
    const send = stream.sendAudio.bind(stream);
    stream.sendAudio = (audio) => {
      sent.push(Uint8Array.from(audio));
      send(audio);
    };
    sink.onText('Stop.');
    await room.clock.advance(3_000);
    expect(readAudio(sent)).toBe('Yes.');
  });
});
