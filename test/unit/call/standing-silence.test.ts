import { describe, expect, test } from 'vitest';
import { CallRoom, type Line } from '../../fakes/call-room.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { callerFrame } from '../../fakes/spoken-audio.ts';

const MS = 8;
/** A carrier that sends nothing while nobody speaks. */
const dtx = { capabilities: { sendsSilence: false } } as const;
const quiet = { opening: { kind: 'none' }, agent: { recording: 'on' } } as const;

async function speak(room: CallRoom, line: Line, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 20) {
    await room.clock.advance(20);
    line.sink.onAudio(callerFrame('voice'));
  }
}

describe('a carrier that sends nothing while nobody speaks', () => {
  test('the STT hears silence all the same, in real time, whatever the caller does', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet, dtx);
    await room.clock.advance(10_000);
    expect(Math.abs(stt.writtenBytes / MS - 10_000)).toBeLessThanOrEqual(100);
    await speak(room, line, 3_000);
    expect(Math.abs(stt.writtenBytes / MS - 13_000)).toBeLessThanOrEqual(100);
    await room.clock.advance(5_000);
    expect(Math.abs(stt.writtenBytes / MS - 18_000)).toBeLessThanOrEqual(100);
  });

  test('whoever begins to speak is not moved to an earlier time', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet, dtx);
    await room.clock.advance(1_080);
    line.sink.onAudio(callerFrame('voice'));
    expect(stt.writtenBytes / MS).toBe(1_080);
  });

  test('a pause is heard although no frame says so: the turn ends', async () => {
    const stt = new ScriptedStt('none');
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet, dtx);
    await room.clock.advance(500);
    await speak(room, line, 600);
    stt.last.onFinal('Call me tomorrow.');
    await room.clock.advance(2_000);
    expect(room.store.read()[0]).toBe('caller: Call me tomorrow.');
    expect(stt.finalized).toBe(1);
  });

  test('a burst of what was held up is heard once, and no silence is put into it', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet, dtx);
    await room.clock.advance(1_000);
    for (let frame = 0; frame < 50; frame += 1) line.sink.onAudio(callerFrame('voice'));
    await room.clock.advance(1_000);
    expect(Math.abs(stt.writtenBytes / MS - 2_000)).toBeLessThanOrEqual(120);
  });

  test('what is recorded is what came, at its time: the recording has its own silence', async () => {
    await using room = new CallRoom();
    const line = room.connect(quiet, dtx);
    await room.clock.advance(3_000);
    await speak(room, line, 40);
    const caller = room.recorded.filter(({ side }) => side === 'caller');
    expect(caller.map(({ atMs, bytes }) => [atMs, bytes])).toEqual([
      [3_020, 160],
      [3_040, 160],
    ]);
  });
});

describe('a carrier that sends silence', () => {
  test('M10: what was lost on the way is silence for whoever listens, and for nobody else', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    const line = room.connect(quiet);
    await speak(room, line, 100);
    line.sink.onLost?.(200);
    await speak(room, line, 100);
    expect(stt.writtenBytes / MS).toBe(400);
    expect(room.recorded.filter(({ side }) => side === 'caller')).toHaveLength(10);
  });

  test('a line that stands still is not filled: what is held up comes later', async () => {
    const stt = new ScriptedStt();
    await using room = new CallRoom({ stt });
    room.connect(quiet);
    await room.clock.advance(2_000);
    expect(stt.writtenBytes).toBe(0);
  });
});
