import { describe, expect, test } from 'vitest';
import { defineTool } from '../../../src/tools/tool.ts';
import { CallRoom, type BriefingOptions, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';

const LONG = 'The first thing is this, the second thing is that, and the third one comes last of all.';
const long: BriefingOptions = { opening: { kind: 'greeting', notice: null, text: LONG } };

async function speaking(): Promise<{ room: CallRoom; stt: ScriptedStt; line: Line }> {
  const stt = new ScriptedStt();
  const room = new CallRoom({ stt });
  const line = room.connect(long);
  await room.hear(line, 'silence', 1_000);
  return { room, stt, line };
}

/** A voice for so long, then silence until it is said to have ended. */
async function cough(room: CallRoom, line: Line, ms = 300): Promise<void> {
  await room.hear(line, 'voice', ms);
  await room.hear(line, 'silence', 320);
}

describe('a cough', () => {
  test('silences the agent at once, and does not stop it: it goes on a second later, at the word where it was', async () => {
    const { room, line } = await speaking();
    await using _ = room;
    await room.hear(line, 'voice', 100);
    const { heard } = line.stream;
    expect(heard.length).toBeLessThan(25);
    await room.hear(line, 'silence', 900);
    expect(line.stream.heard).toBe(heard);
    await room.hear(line, 'silence', 6_000);
    const rest = line.stream.heard.slice(heard.length);
    expect(LONG.endsWith(rest)).toBe(true);
    // Whole from the beginning of the cut word on: at most that word sounded twice, and none is missing.
    const twice = heard.length + rest.length - LONG.length;
    expect(twice).toBeGreaterThanOrEqual(0);
    expect(heard.slice(heard.length - twice).trim()).not.toContain(' ');
    expect(room.store.read()).toEqual([`agent: ${LONG}`]);
    expect(room.store.turns()[0]?.interrupted).toBe(false);
  });

  test('after which they hang up leaves what was heard before it', async () => {
    const { room, line } = await speaking();
    await using _ = room;
    await room.hear(line, 'voice', 200);
    line.sink.onClosed('hung_up');
    await room.clock.advance(100);
    expect(room.store.read()).toEqual(['agent: The first thing is ~']);
  });

  test('three times over does not stop the agent, and a fourth is not listened to: the line is noisy', async () => {
    const { room, line } = await speaking();
    await using _ = room;
    for (let time = 0; time < 3; time += 1) {
      await cough(room, line);
      await room.hear(line, 'silence', 900);
    }
    expect(line.stream.clears).toBe(3);
    await cough(room, line);
    expect(line.stream.clears).toBe(3);
    await room.hear(line, 'silence', 5_000);
    expect(line.stream.heard.endsWith(LONG.slice(-30))).toBe(true);
  });

  test('on a carrier that cannot clear, the agent goes on from what the carrier has played', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(long, { capabilities: { clear: false, leadMs: 40 } });
    await room.hear(line, 'silence', 1_000);
    await cough(room, line);
    await room.hear(line, 'silence', 7_000);
    expect(line.stream.clears).toBe(0);
    expect(room.store.read()).toEqual([`agent: ${LONG}`]);
    expect(line.stream.heard.length).toBeLessThan(LONG.length + 10);
  });

  test('while the agent still thinks of its next sentence loses nothing', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'This is the first. ' }, { waitMs: 1_500 }, { text: 'That is the second.' });
    const line = room.connect({ opening: { kind: 'none' } });
    line.sink.onText('Tell me.');
    await room.hear(line, 'silence', 600);
    await cough(room, line);
    await room.hear(line, 'silence', 4_000);
    expect(line.stream.heard).toMatch(/^This is the ?f? ?(the )?first\.That is the second\.$/);
    expect(room.store.read().at(-1)).toBe('agent: This is the first. That is the second.');
  });
});

describe('words', () => {
  test('after the voice make it an interruption, and the turn keeps what was heard', async () => {
    const { room, stt, line } = await speaking();
    await using _ = room;
    room.llm.answers({ text: 'Sure.' });
    await room.hear(line, 'voice', 300);
    stt.last.onInterim('What about');
    await room.hear(line, 'voice', 500);
    stt.say('What about Monday?');
    await room.hear(line, 'silence', 3_000);
    expect(line.stream.heard).toMatch(/^The first thing is t?h?Sure\.$/);
    expect(room.store.read()).toEqual(['agent: The first thing is ~', 'caller: What about Monday?', 'agent: Sure.']);
  });

  test('that come late, when the agent has gone on, stop it then', async () => {
    const { room, stt, line } = await speaking();
    await using _ = room;
    await cough(room, line);
    await room.hear(line, 'silence', 1_500);
    stt.say('What about Monday?');
    await room.hear(line, 'silence', 2_000);
    expect(line.stream.heard.endsWith('Fine.')).toBe(true);
    expect(room.store.turns()[0]?.interrupted).toBe(true);
  });

  test('a voice that goes on without any is a noise, and does not hold the agent for longer than two seconds', async () => {
    const { room, line } = await speaking();
    await using _ = room;
    await room.hear(line, 'voice', 2_400);
    await room.hear(line, 'silence', 5_000);
    expect(room.store.read()).toEqual([`agent: ${LONG}`]);
  });
});

describe('a backchannel', () => {
  test.each(['Mhm.', 'Uh-huh.', 'Right.', 'Okay, yeah.', 'I see.', 'Got it.'])(
    '(%s) does not stop the agent',
    async (text) => {
      const { room, stt, line } = await speaking();
      await using _ = room;
      await room.hear(line, 'voice', 200);
      stt.last.onInterim(text);
      await room.hear(line, 'silence', 100);
      stt.say(text);
      await room.hear(line, 'silence', 6_000);
      expect(line.stream.heard.endsWith('the third one comes last of all.')).toBe(true);
      expect(room.store.read()).toEqual([`agent: ${LONG}`, `caller: ${text}`]);
      expect(room.llm.requests).toEqual([]);
    },
  );

  test('holds the agent up for half a second only', async () => {
    const { room, stt, line } = await speaking();
    await using _ = room;
    await room.hear(line, 'voice', 200);
    stt.last.onInterim('mhm');
    await room.hear(line, 'silence', 300);
    const { heard } = line.stream;
    await room.hear(line, 'silence', 500);
    expect(line.stream.heard.length).toBeGreaterThan(heard.length + 3);
  });

  test.each([
    ['de-DE', 'Ja, genau.', 'Warten Sie!'],
    ['es-ES', 'Vale, de acuerdo.', 'Un momento.'],
    ['fr-FR', 'D’accord, très bien.', 'Attendez.'],
  ])('is told from a stop in %s too', async (language, nod, stop) => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ ...long, agent: { language } });
    await room.hear(line, 'silence', 1_000);
    stt.last.onInterim(nod);
    await room.hear(line, 'silence', 500);
    expect(line.stream.clears).toBe(0);
    stt.last.onInterim(stop);
    expect(line.stream.clears).toBe(1);
  });

  test('just after a question, at the end of the turn, is the answer to it, and the question is heard to its end', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ text: 'Booked.' });
    const line = room.connect({ opening: { kind: 'greeting', notice: null, text: 'Shall I book it for you?' } });
    await room.hear(line, 'silence', 700);
    stt.say('Yes.');
    await room.hear(line, 'silence', 2_000);
    expect(line.stream.heard).toBe('Shall I book it for you?Booked.');
    expect(room.store.turns()[0]?.interrupted).toBe(false);
  });

  test('while the agent thinks does not make it begin anew', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.llm.answers({ waitMs: 1_500 }, { text: 'It is sunny.' });
    const line = room.connect({ opening: { kind: 'none' } });
    line.sink.onText('The weather?');
    await room.hear(line, 'silence', 500);
    stt.say('Okay.');
    await room.hear(line, 'silence', 3_000);
    expect(line.stream.heard).toBe('It is sunny.');
    expect(room.llm.requests).toHaveLength(1);
  });
});

describe('a stop', () => {
  test.each(['Stop', 'Wait', 'No', 'Hold on', 'Okay, no', 'Nope'])(
    '(%s) stops the agent, as an interim already',
    async (text) => {
      const { room, stt, line } = await speaking();
      await using _ = room;
      stt.last.onInterim(text);
      const { heard } = line.stream;
      await room.hear(line, 'silence', 3_000);
      expect(line.stream.heard.startsWith(heard)).toBe(true);
      expect(line.stream.heard.length - heard.length).toBeLessThanOrEqual(1);
      expect(room.store.turns()[0]?.interrupted).toBe(true);
    },
  );

  test('that the agent has just said itself stops it all the same', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'greeting', notice: null, text: `No need to wait. ${LONG}` } });
    await room.hear(line, 'silence', 1_500);
    stt.last.onInterim('wait');
    await room.hear(line, 'silence', 1_000);
    expect(line.stream.heard.length).toBeLessThan(35);
  });
});

describe('an echo of the agent', () => {
  test('neither stops it nor is taken for a turn, while it speaks', async () => {
    const { room, stt, line } = await speaking();
    await using _ = room;
    await room.hear(line, 'silence', 1_000);
    stt.last.onInterim('the');
    stt.last.onInterim('the first thing');
    stt.say('The first thing is this.');
    await room.hear(line, 'silence', 6_000);
    expect(line.stream.heard).toBe(LONG);
    expect(room.store.read()).toEqual([`agent: ${LONG}`]);
  });

  test('that is understood after the agent has ended is no turn either', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect();
    await room.hear(line, 'silence', 300);
    await room.hear(line, 'voice', 700);
    await room.hear(line, 'silence', 2_000);
    expect(line.stream.heard.endsWith('help?')).toBe(true);
    stt.say('how can I help');
    await room.clock.advance(1_000);
    expect(room.store.read()).toEqual(['agent: How can I help?']);
  });

  test('is not what somebody says who repeats the agent after it has ended', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect({ opening: { kind: 'greeting', notice: null, text: 'Is it four tomorrow?' } });
    await room.hear(line, 'silence', 1_500);
    await room.hear(line, 'voice', 600);
    stt.say('Four tomorrow.');
    await room.hear(line, 'silence', 1_500);
    expect(room.store.read()).toContain('caller: Four tomorrow.');
    expect(line.stream.heard.endsWith('Fine.')).toBe(true);
  });
});

describe('a booked time that is read back', () => {
  const say = "I'll call you back tomorrow at 4 pm Pacific time.";
  const booking = defineTool({
    name: 'book_table',
    setting: 'bookTable',
    title: 'Book',
    summary: 'Books.',
    description: 'Books.',
    parameters: () => ({ type: 'object' }),
    parse: (input) => input,
    run: async () => ({ ok: true, callback_id: 'c', local_time: '16:00', time_zone: 'x', say }) as const,
  });

  async function readingBack(): Promise<{ room: CallRoom; stt: ScriptedStt; line: Line }> {
    const stt = new ScriptedStt();
    const room = new CallRoom({ stt, tools: [booking] });
    room.llm.answers({ tool: 'book_table' }).answers({ text: `${say} Is there anything else?` });
    const line = room.connect({ opening: { kind: 'none' } });
    line.sink.onText('Call me tomorrow at four.');
    await room.hear(line, 'silence', 1_000);
    return { room, stt, line };
  }

  test('is not even paused by a cough or a backchannel', async () => {
    const { room, stt, line } = await readingBack();
    await using _ = room;
    await cough(room, line);
    stt.say('Okay.');
    await room.hear(line, 'silence', 200);
    stt.say('Sounds lovely to me.');
    await room.hear(line, 'silence', 1_000);
    expect(line.stream.clears).toBe(0);
    expect(line.stream.heard).toContain(say);
  });

  test.each(['No.', 'Wait.', 'Stop.', 'Make it five.', 'On Friday.', 'At 3 pm.'])('stops at "%s"', async (text) => {
    const { room, stt, line } = await readingBack();
    await using _ = room;
    stt.last.onInterim(text);
    expect(line.stream.clears).toBe(1);
    await room.hear(line, 'silence', 200);
    expect(line.stream.heard).not.toContain('Pacific');
  });
});

describe('without an STT', () => {
  test('a short noise pauses the agent, and without typed words it goes on', async () => {
    await using room = new CallRoom();
    const line = room.connect(long);
    await room.hear(line, 'silence', 1_000);
    await cough(room, line);
    expect(line.stream.clears).toBe(1);
    await room.hear(line, 'silence', 6_000);
    expect(room.store.read()).toEqual([`agent: ${LONG}`]);
    expect(line.stream.heard.endsWith('comes last of all.')).toBe(true);
  });

  test('typed words end the pause as an interruption', async () => {
    await using room = new CallRoom();
    const line = room.connect(long);
    await room.hear(line, 'silence', 1_000);
    await cough(room, line);
    line.sink.onText('Mhm');
    await room.hear(line, 'silence', 2_000);
    expect(room.store.read()).toEqual(['agent: The first thing is ~', 'caller: Mhm', 'agent: Fine.']);
  });

  test('a voice that goes on takes the floor', async () => {
    await using room = new CallRoom();
    const line = room.connect(long);
    await room.hear(line, 'silence', 1_000);
    await room.hear(line, 'voice', 2_300);
    await room.hear(line, 'silence', 3_000);
    expect(room.store.read()).toEqual(['agent: The first thing is ~']);
  });
});
