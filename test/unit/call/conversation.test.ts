import { describe, expect, test } from 'vitest';
import { CallRoom } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

describe('a conversation', () => {
  test('the notice is heard first, then the greeting, and both are kept', async () => {
    await using room = new CallRoom();
    const { stream } = room.connect({
      opening: { kind: 'greeting', notice: 'I am a machine.', text: 'How can I help?' },
    });
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('I am a machine.How can I help?');
    expect(room.store.read()).toEqual(['agent: I am a machine.', 'agent: How can I help?']);
    // Only our own dials keep a promise by it.
    expect(room.store.openings).toEqual([]);
  });

  test('a typed turn is answered aloud', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: 'It is ' }, { text: 'sunny ' }, { text: 'today.' });
    const { stream, sink } = room.connect();
    await room.clock.advance(2_000);
    sink.onText('What is the weather?');
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('How can I help?It is sunny today.');
    expect(room.store.read()).toEqual([
      'agent: How can I help?',
      'caller: What is the weather?',
      'agent: It is sunny today.',
    ]);
    expect(room.llm.requests[0]?.messages).toEqual([
      { role: 'system', text: 'Be kind.' },
      { role: 'assistant', text: 'How can I help?' },
      { role: 'user', text: 'What is the weather?' },
    ]);
  });

  test('a spoken turn is answered, and each stretch of the silence before it is known', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ waitMs: 300 }, { text: 'It is sunny.' });
    const { stream } = room.connect();
    await room.clock.advance(2_000);
    stt.last.onInterim('What is');
    await room.clock.advance(200);
    stt.last.onEndOfTurn('What is the weather?', false);
    await room.clock.advance(3_000);
    expect(stream.heard).toBe('How can I help?It is sunny.');
    expect(room.store.turns()[2]?.latency).toEqual({
      endpointingMs: 200,
      sttMs: 0,
      llmFirstTokenMs: 300,
      ttsFirstByteMs: 100,
      firstAudioMs: 0,
      totalMs: 600,
      heardGapMs: 600,
    });
  });
});
