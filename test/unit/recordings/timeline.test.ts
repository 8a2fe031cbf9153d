import { describe, expect, test } from 'vitest';
import { bytesOf, silenceByte, type AudioFormat } from '../../../media/audio-format.ts';
import { GAP_MAX_MS, HOLD_MS, PIECE_MS, Timeline, type Placed } from '../../../src/recordings/timeline.ts';

const mulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const alaw: AudioFormat = { encoding: 'alaw', sampleRateHz: 8000 };
const pcm16: AudioFormat = { encoding: 'pcm16', sampleRateHz: 16_000 };

/** Loud bytes in every format, so that nothing of them is left out. */
const LOUD = 0x21;

describe.each([mulaw, alaw, pcm16])('in $encoding', (format) => {
  const quiet = silenceByte(format);
  const ms = (duration: number): number => bytesOf(format, duration);
  const said = (byte: number, duration: number): Uint8Array => new Uint8Array(ms(duration)).fill(byte);

  test('caller and agent stand beside each other to the sample, whoever is written first', () => {
    const line = lay(format);
    line.agent(said(LOUD, 20), 1000);
    line.caller(said(LOUD + 1, 20), 980);
    line.caller(said(LOUD + 2, 20), 1000);
    const { caller, agent } = line.finish();
    expect(runs(caller)).toEqual([
      [quiet, ms(980)],
      [LOUD + 1, ms(20)],
      [LOUD + 2, ms(20)],
    ]);
    expect(runs(agent)).toEqual([
      [quiet, ms(1000)],
      [LOUD, ms(20)],
    ]);
  });

  test('what was not said is silence, a gap of a minute too', () => {
    const line = lay(format);
    line.caller(said(LOUD, 20), 0);
    line.agent(said(LOUD, 20), 120);
    line.agent(said(LOUD, 20), 60_000);
    const { caller, agent } = line.finish();
    expect(runs(caller)).toEqual([
      [LOUD, ms(20)],
      [quiet, ms(60_000)],
    ]);
    expect(runs(agent)).toEqual([
      [quiet, ms(120)],
      [LOUD, ms(20)],
      [quiet, ms(59_860)],
      [LOUD, ms(20)],
    ]);
  });

  test('parts that overlap are appended in their order, and nothing of them is lost', () => {
    const line = lay(format);
    line.agent(said(LOUD, 40), 0);
    line.agent(said(LOUD + 1, 40), 20);
    line.agent(said(LOUD + 2, 40), 10);
    expect(runs(line.finish().agent)).toEqual([
      [LOUD, ms(40)],
      [LOUD + 1, ms(40)],
      [LOUD + 2, ms(40)],
    ]);
  });

  test('a long part passes through in pieces, whole', () => {
    const line = lay(format);
    line.agent(said(LOUD, 30_000), 0);
    line.agent(said(LOUD + 1, 20), 30_000);
    expect(runs(line.finish().agent)).toEqual([
      [LOUD, ms(30_000)],
      [LOUD + 1, ms(20)],
    ]);
    expect(Math.max(...line.pieces)).toBeLessThanOrEqual(2 * ms(HOLD_MS + PIECE_MS));
  });

  test('frames that tremble by the network make no gaps', () => {
    const line = lay(format);
    const late = [0, 13, 41, 7, 0, 55, 55, 35, 15, 0];
    for (const [index, lateMs] of late.entries()) line.caller(said(LOUD, 20), index * 20 + lateMs);
    expect(runs(line.finish().caller)).toEqual([[LOUD, ms(200)]]);
  });

  test('after the network held the caller up, a pause of theirs brings both channels back beside each other', () => {
    const line = lay(format);
    line.caller(said(LOUD, 100), 0);
    // 300 ms held up, then all at once: 15 frames at the time of the last.
    for (let frame = 0; frame < 15; frame += 1) line.caller(said(LOUD, 20), 400);
    for (let at = 420; at < 1400; at += 20) line.caller(said(quiet, 20), at);
    line.caller(said(LOUD + 1, 20), 1400);
    const { caller } = line.finish();
    const word = caller.indexOf(LOUD + 1);
    expect(Math.abs(word - ms(1400))).toBeLessThanOrEqual(ms(60));
    expect(caller.filter((byte) => byte === LOUD)).toHaveLength(ms(400));
  });

  test('a part that comes long after the other channel went on is put at the border, not over what was given', () => {
    const line = lay(format);
    line.caller(said(LOUD, 10_000), 0);
    line.agent(said(LOUD + 1, 20), 100);
    const { caller, agent } = line.finish();
    expect(runs(caller)).toEqual([[LOUD, ms(10_000)]]);
    const at = agent.indexOf(LOUD + 1);
    expect(at).toBeGreaterThanOrEqual(ms(10_000 - HOLD_MS - PIECE_MS));
    expect(at).toBeLessThanOrEqual(ms(10_000 - HOLD_MS));
    expect(agent.filter((byte) => byte === LOUD + 1)).toHaveLength(ms(20));
  });

  test('a time that cannot be is refused or taken for now, and the recording goes on', () => {
    const line = lay(format);
    line.caller(said(LOUD, 20), -500);
    line.caller(said(LOUD, 20), Number.NaN);
    expect(line.caller(said(LOUD, 20), GAP_MAX_MS + 1000)).toBe('too_far');
    expect(line.caller(said(LOUD, 20), Infinity)).toBe('too_far');
    expect(line.caller(said(LOUD, 20), 40)).toBe('placed');
    expect(runs(line.finish().caller)).toEqual([[LOUD, ms(60)]]);
  });

  test('ten minutes of frames are given as they come, never more than three seconds at once', () => {
    let given = 0;
    let most = 0;
    const timeline = new Timeline(format, {
      audio(bytes) {
        given += bytes.length;
        most = Math.max(most, bytes.length);
      },
      silence(byteLength) {
        given += byteLength;
      },
    });
    const frame = said(LOUD, 20);
    for (let at = 0; at < 600_000; at += 20) {
      timeline.place('caller', frame, at);
      if (at % 6000 < 3000) timeline.place('agent', frame, at);
    }
    timeline.finish();
    expect(given).toBe(2 * ms(600_000));
    expect(most).toBeLessThanOrEqual(2 * ms(HOLD_MS + PIECE_MS));
  });
});

test('a PCM sample that came in two halves is one sample, and the channels keep their places', () => {
  const line = lay(pcm16);
  line.caller(Uint8Array.of(1, 2, 3), 0);
  line.caller(Uint8Array.of(4, 5, 6), 0);
  line.agent(Uint8Array.of(0x51, 0x52, 0x53, 0x54, 0x55, 0x56), 0);
  const { caller, agent } = line.finish();
  expect([...caller]).toEqual([1, 2, 3, 4, 5, 6]);
  expect([...agent]).toEqual([0x51, 0x52, 0x53, 0x54, 0x55, 0x56]);
});

/** A timeline whose channels are taken apart again at the end. */
function lay(format: AudioFormat) {
  const pieces: Uint8Array[] = [];
  const timeline = new Timeline(format, {
    audio: (bytes) => void pieces.push(bytes.slice()),
    silence: (byteLength) => void pieces.push(new Uint8Array(byteLength).fill(silenceByte(format))),
  });
  const sample = format.encoding === 'pcm16' ? 2 : 1;
  return {
    caller: (audio: Uint8Array, atMs: number): Placed => timeline.place('caller', audio, atMs),
    agent: (audio: Uint8Array, atMs: number): Placed => timeline.place('agent', audio, atMs),
    get pieces(): number[] {
      return pieces.map((piece) => piece.length);
    },
    finish() {
      timeline.finish();
      const all = Buffer.concat(pieces);
      const channel = (offset: number) => all.filter((_, index) => Math.floor(index / sample) % 2 === offset);
      return { caller: channel(0), agent: channel(1) };
    },
  };
}

/** Equal bytes in a row, as [byte, how many]; silence at the end is left out where the other channel is longer. */
function runs(bytes: Uint8Array): [number, number][] {
  const found: [number, number][] = [];
  for (const byte of bytes) {
    const last = found.at(-1);
    if (last !== undefined && last[0] === byte) last[1] += 1;
    else found.push([byte, 1]);
  }
  return found;
}
