import { describe, expect, test } from 'vitest';
import { dtmfTones } from '../../../media/dtmf-tones.ts';
import pressKeys from '../../../src/tools/press-keys.ts';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { spokenAudio, telephone } from '../../fakes/spoken-audio.ts';

const agent = { tools: { pressKeys: true } };
const opening = { kind: 'none' } as const;

/** What the far end was sent, byte for byte; silence in front of it left out. */
function listen(line: Line): { audio: () => Buffer } {
  const frames: Buffer[] = [];
  const { stream } = line;
  const send = stream.sendAudio.bind(stream);
  stream.sendAudio = (audio) => {
    frames.push(Buffer.from(audio));
    send(audio);
  };
  return { audio: () => Buffer.concat(frames) };
}

const press = (keys: string) => ({ tool: 'press_keys', args: JSON.stringify({ keys }) });

describe('keys that the agent presses', () => {
  test('sound in their place among its words, and stand in the transcript', async () => {
    await using room = new CallRoom({ tools: [pressKeys] });
    room.llm.answers({ text: 'I try the extension. ' }, press('4471#')).answers({ text: 'It rings now.' });
    const line = room.connect({ agent, opening });
    const heard = listen(line);
    line.sink.onText('Use the extension.');
    await room.clock.advance(6_000);
    const audio = heard.audio();
    const before = audio.indexOf(spokenAudio('I try the extension.'));
    const keys = audio.indexOf(dtmfTones('4471#', telephone));
    const after = audio.indexOf(spokenAudio('It rings now.'));
    expect(before).toBeGreaterThanOrEqual(0);
    expect(keys).toBeGreaterThan(before);
    expect(after).toBeGreaterThan(keys);
    expect(room.store.read()).toEqual([
      'caller: Use the extension.',
      'agent: I try the extension.',
      'tool: press_keys {"ok":true}',
      'agent: [keypad] 4471# It rings now.',
    ]);
  });

  test('need no words beside them', async () => {
    await using room = new CallRoom({ tools: [pressKeys] });
    room.llm.answers(press('1')).answers({ text: '' });
    const line = room.connect({ agent, opening });
    const heard = listen(line);
    line.sink.onText('Press one for sales.');
    await room.clock.advance(3_000);
    expect(heard.audio().equals(dtmfTones('1', telephone))).toBe(true);
    expect(room.store.read().at(-1)).toBe('agent: [keypad] 1');
  });

  test('are not pressed by a model that only writes so', async () => {
    await using room = new CallRoom();
    room.llm.answers({ text: '[keypad] 15' });
    const line = room.connect({ opening });
    line.sink.onText('Which number?');
    await room.clock.advance(3_000);
    expect(line.stream.heard).toBe('15');
    expect(room.store.read().at(-1)).toBe('agent: 15');
  });

  test('are not pressed twice because somebody speaks meanwhile, and words still stop them', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt, tools: [pressKeys] });
    room.llm.answers(press('123456789')).answers({ text: '' });
    const line = room.connect({ agent, opening });
    const heard = listen(line);
    stt.say('Enter your number.');
    await room.clock.advance(400);
    await room.hear(line, 'voice', 500);
    await room.hear(line, 'silence', 3_000);
    expect(heard.audio().equals(dtmfTones('123456789', telephone))).toBe(true);
    expect(line.stream.clears).toBe(0);

    room.llm.answers(press('123456789'));
    stt.say('Once more, please.');
    await room.clock.advance(500);
    stt.say('Stop, wait.');
    await room.clock.advance(100);
    expect(line.stream.clears).toBe(1);
  });
});
