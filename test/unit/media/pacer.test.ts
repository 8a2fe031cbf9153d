import { describe, expect, test } from 'vitest';
import { MOST_QUEUED_MS, Pacer } from '../../../media/pacer.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { telephone } from '../../fakes/spoken-audio.ts';

function audioOf(ms: number, byte = 1): Uint8Array {
  return new Uint8Array(ms * 8).fill(byte);
}

function line(pacer: Pacer, clock: SimClock, leadMs = 40) {
  const sent: { atMs: number; playAtMs: number; byte: number }[] = [];
  const failures: unknown[] = [];
  const track = pacer.open({
    format: telephone,
    leadMs,
    send: (frame, playAtMs) => sent.push({ atMs: clock.nowMs(), playAtMs, byte: frame[0] ?? 0 }),
    failed: (error) => failures.push(error),
  });
  return { track, sent, failures };
}

describe('the pacer', () => {
  test('the first frame leaves at once, and no more than the lead with it', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    await clock.advance(3);
    const { track, sent } = line(pacer, clock, 120);
    track.write(audioOf(1_000));
    expect(sent.map(({ atMs }) => atMs)).toEqual([3, 3, 3, 3, 3, 3]);
    await clock.advance(22);
    expect(sent).toHaveLength(7);
  });

  test('a minute of speech takes a minute, whatever its timers do', async () => {
    const clock = new SimClock();
    let calls = 0;
    // Every third timer is 17 ms late.
    using pacer = new Pacer({
      nowMs: () => clock.nowMs(),
      setTimer: (delayMs, run) => clock.setTimer(delayMs + (calls++ % 3 === 0 ? 17 : 0), run),
    });
    const { track, sent } = line(pacer, clock);
    track.write(audioOf(59_000));
    await clock.advance(60_000);
    expect(sent).toHaveLength(2_950);
    expect(sent.at(-1)?.playAtMs).toBe(58_980);
    // Never so late that the far end ran dry.
    expect(sent.every(({ atMs, playAtMs }) => atMs <= playAtMs)).toBe(true);
  });

  test('after a stall longer than the lead the playout begins anew, and nothing is lost', async () => {
    const clock = new SimClock();
    let lateMs = 0;
    using pacer = new Pacer({
      nowMs: () => clock.nowMs(),
      setTimer: (delayMs, run) => clock.setTimer(delayMs + lateMs, run),
    });
    const { track, sent } = line(pacer, clock);
    lateMs = 300;
    track.write(audioOf(400));
    await clock.advance(1);
    lateMs = 0;
    await clock.advance(2_000);
    expect(sent).toHaveLength(20);
    expect(sent[2]?.playAtMs).toBe(320);
  });

  test('a hundred calls share one timer', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    const lines = Array.from({ length: 100 }, () => line(pacer, clock));
    for (const { track } of lines) {
      track.write(audioOf(200));
      await clock.advance(0.3);
    }
    expect(clock.pending).toBe(1);
    await clock.advance(1_000);
    expect(lines.every(({ sent }) => sent.length === 10)).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test('pieces of any size become whole frames, in order', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    const { track, sent } = line(pacer, clock);
    for (let piece = 0; piece < 40; piece += 1) track.write(new Uint8Array(37).fill(piece));
    await clock.advance(1_000);
    expect(sent).toHaveLength(Math.floor((40 * 37) / 160));
    expect(sent.map(({ byte }) => byte)).toEqual(sent.map((_, frame) => Math.floor((frame * 160) / 37)));
  });

  test('a minute may wait, and not more', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    const { track } = line(pacer, clock);
    expect(track.write(audioOf(MOST_QUEUED_MS + 40))).toBe(true);
    expect(track.write(audioOf(20))).toBe(false);
    await clock.advance(40);
    expect(track.write(audioOf(20))).toBe(true);
  });

  test('what was cleared is never sent, and the next words leave at once', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    const { track, sent } = line(pacer, clock, 120);
    track.write(audioOf(1_000, 1));
    await clock.advance(200);
    const before = sent.length;
    track.clear(true);
    expect(clock.pending).toBe(0);
    track.write(audioOf(100, 2));
    expect(sent[before]).toEqual({ atMs: 200, playAtMs: 200, byte: 2 });
  });

  test('a stream that throws is closed, and the others go on', async () => {
    const clock = new SimClock();
    using pacer = new Pacer(clock);
    const broken = pacer.open({
      format: telephone,
      leadMs: 40,
      send: () => {
        throw new Error('gone');
      },
      failed: () => undefined,
    });
    const { track, sent } = line(pacer, clock);
    track.write(audioOf(200));
    expect(broken.write(audioOf(200))).toBe(false);
    await clock.advance(1_000);
    expect(sent).toHaveLength(10);
  });
});
