import { chmod, copyFile, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bytesOf, silenceByte, type AudioFormat } from '../../../media/audio-format.ts';
import type { Recordings } from '../../../src/call/ports.ts';
import { newFileName } from '../../../src/recordings/file-name.ts';
import { Pieces } from '../../../src/recordings/pieces.ts';
import { readRecording } from '../../../src/recordings/read-recording.ts';
import { FINISH_DEADLINE_MS } from '../../../src/recordings/recorder.ts';
import { openRecordings, type RecordingFolder } from '../../../src/recordings/recordings.ts';
import { PENDING_BYTES_MAX, WavFile } from '../../../src/recordings/wav-file.ts';
import { dataBytesMax, headerBytes, wavHeader } from '../../../src/recordings/wav-header.ts';
import { openFolder, type Folder } from '../../support/folder.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';
import { until } from '../../support/until.ts';

const mulaw: AudioFormat = { encoding: 'mulaw', sampleRateHz: 8000 };
const alaw: AudioFormat = { encoding: 'alaw', sampleRateHz: 8000 };
const pcm24: AudioFormat = { encoding: 'pcm16', sampleRateHz: 24_000 };

let folder: Folder;
let clock: SimClock;
let log: ReturnType<typeof quietLog>;
let recordings: RecordingFolder;

beforeEach(async () => {
  folder = await openFolder();
  clock = new SimClock();
  log = quietLog();
  recordings = openRecordings({ dir: join(folder.path, 'made/here'), clock, log });
});

afterEach(async () => {
  await recordings[Symbol.asyncDispose]();
  expect(recordings.running).toBe(0);
  expect(clock.pending).toBe(0);
  await folder[Symbol.asyncDispose]();
});

const dir = (): string => join(folder.path, 'made/here');

describe.each([mulaw, alaw, pcm24])('a call in $encoding', (format) => {
  test('is a WAV file with the caller left and the agent right, whole on the disk when it is finished', async () => {
    const recorder = recordings.record('call-1', format);
    for (let at = 0; at < 5000; at += 20) recorder.caller(frame(format, 0x21), at);
    for (let at = 2000; at < 3000; at += 20) recorder.agent(frame(format, 0x22), at);
    expect(await recorder.finish()).toBe(true);

    const bytes = await readFile(join(dir(), recorder.file));
    const audio = bytes.subarray(headerBytes(format));
    expect(audio).toHaveLength(2 * bytesOf(format, 5000));
    expect(bytes.subarray(0, headerBytes(format))).toEqual(wavHeader(format, audio.length));
    const caller = channel(format, audio, 0);
    const agent = channel(format, audio, 1);
    expect(caller.every((byte) => byte === 0x21)).toBe(true);
    expect(agent.indexOf(0x22)).toBe(bytesOf(format, 2000));
    expect(agent.lastIndexOf(0x22)).toBe(bytesOf(format, 3000) - 1);
    expect(agent.filter((byte) => byte !== 0x22).every((byte) => byte === silenceByte(format))).toBe(true);
    expect(log.lines).toEqual([]);
  });

  test('whose process died can be read up to what was written, wherever that was cut', async () => {
    const recorder = recordings.record('call-1', format);
    for (let at = 0; at < 30_000; at += 20) recorder.caller(frame(format, 0x21), at);
    await recorder.finish();
    const path = join(dir(), recorder.file);
    // What the header says is what it said at the beginning, and the last sample is cut in two.
    const file = await readFile(path);
    wavHeader(format, 0).copy(file);
    await writeFile(path, file);
    await truncate(path, headerBytes(format) + 100_001);

    const { body, size } = await readRecording(dir(), recorder.file, null);
    const read = await buffer(body);
    expect(read).toHaveLength(size);
    expect(size).toBe(headerBytes(format) + 100_000);
    expect(read.subarray(0, headerBytes(format))).toEqual(wavHeader(format, 100_000));
    expect(read.subarray(headerBytes(format))).toEqual(
      file.subarray(headerBytes(format), headerBytes(format) + 100_000),
    );
  });
});

test('the port of a call session is kept', () => {
  const port: Recordings = recordings;
  expect(port).toBe(recordings);
});

test('a call without a word is a file without audio, and whole', async () => {
  const recorder = recordings.record('call-1', mulaw);
  expect(await recorder.finish()).toBe(true);
  expect(await readFile(join(dir(), recorder.file))).toEqual(wavHeader(mulaw, 0));
});

test('a live recording can be heard up to its last seconds', async () => {
  const recorder = recordings.record('call-1', mulaw);
  for (let at = 0; at < 60_000; at += 20) recorder.caller(frame(mulaw, 0x21), at);
  await until('the disk', drained(recorder));
  const { body, size } = await readRecording(dir(), recorder.file, null);
  expect(await buffer(body)).toHaveLength(size);
  expect(size).toBeGreaterThanOrEqual(58 + 2 * bytesOf(mulaw, 57_000));
  await recorder.finish();
});

test('the header tells a length that is there at every moment, so that a copied file plays', async () => {
  const recorder = recordings.record('call-1', mulaw);
  for (let at = 0; at < 60_000; at += 20) recorder.caller(frame(mulaw, 0x21), at);
  await until('the disk', drained(recorder));
  const copy = await readFile(join(dir(), recorder.file));
  const told = copy.readUInt32LE(54);
  expect(told).toBeGreaterThan(2 * bytesOf(mulaw, 45_000));
  expect(told).toBeLessThanOrEqual(copy.length - 58);
  await recorder.finish();
});

test('what comes after the end is let go, and the end can be asked for twice', async () => {
  const recorder = recordings.record('call-1', mulaw);
  recorder.caller(frame(mulaw, 0x21), 0);
  const first = recorder.finish();
  recorder.agent(frame(mulaw, 0x22), 0);
  expect(await recorder.finish()).toBe(true);
  expect(await first).toBe(true);
  expect((await stat(join(dir(), recorder.file))).size).toBe(58 + 320);
});

test('the caller may use their buffer again at once', async () => {
  const recorder = recordings.record('call-1', mulaw);
  const reused = frame(mulaw, 0x21);
  recorder.caller(reused, 0);
  reused.fill(0x44);
  await recorder.finish();
  const audio = (await readFile(join(dir(), recorder.file))).subarray(58);
  expect(channel(mulaw, audio, 0).every((byte) => byte === 0x21)).toBe(true);
});

test('only our own account can read what people said', async () => {
  const recorder = recordings.record('call-1', mulaw);
  await recorder.finish();
  expect((await stat(join(dir(), recorder.file))).mode & 0o077).toBe(0);
});

describe('when the disk fails', () => {
  test('a folder that vanished is logged once, without its path, and the recording is not whole', async () => {
    await rm(dir(), { recursive: true });
    const recorder = recordings.record('call-1', mulaw);
    for (let at = 0; at < 60_000; at += 20) recorder.caller(frame(mulaw, 0x21), at);
    expect(await recorder.finish()).toBe(false);
    expect(log.lines).toEqual([
      { level: 'error', fields: { callId: 'call-1', fault: 'ENOENT' }, message: 'a recording cannot be written' },
    ]);
    expect(recorder.pendingBytes).toBe(0);
  });

  test('a disk that keeps no pace costs a mebibyte of memory and not more, and what follows keeps its time', async () => {
    const recorder = recordings.record('call-1', mulaw);
    let most = 0;
    // All in one turn, so that the disk can take nothing: ten minutes.
    for (let at = 0; at < 600_000; at += 20) {
      recorder.caller(frame(mulaw, 0x21), at);
      most = Math.max(most, recorder.pendingBytes);
    }
    expect(most).toBeGreaterThan(PENDING_BYTES_MAX / 2);
    expect(most).toBeLessThanOrEqual(PENDING_BYTES_MAX);
    await until('the disk', drained(recorder));
    for (let at = 600_000; at < 610_000; at += 20) recorder.caller(frame(mulaw, 0x22), at);
    expect(await recorder.finish()).toBe(false);
    expect(log.lines).toHaveLength(1);

    const audio = (await readFile(join(dir(), recorder.file))).subarray(58);
    const caller = channel(mulaw, audio, 0);
    expect(caller).toHaveLength(bytesOf(mulaw, 610_000));
    expect(caller.indexOf(0x22)).toBe(bytesOf(mulaw, 600_000));
    expect(caller[bytesOf(mulaw, 300_000)]).toBe(0xff);
  });

  test('a file that can tell no greater length takes no more, and says so once', async () => {
    let drops = 0;
    const wav = new WavFile(join(dir(), 'full.wav'), mulaw, new Pieces(), {
      onFault: (error) => {
        throw error;
      },
      onDropped: () => (drops += 1),
    });
    wav.silence(dataBytesMax(mulaw) + 2);
    wav.audio(new Uint8Array(320));
    wav.silence(dataBytesMax(mulaw));
    expect(await wav.finish()).toBe(false);
    expect(drops).toBe(1);
    expect((await stat(join(dir(), 'full.wav'))).size).toBe(58 + 320);
  });

  test('a name that is taken stays with whom it belongs to', async () => {
    const faults: unknown[] = [];
    await writeFile(join(dir(), 'taken.wav'), 'of somebody else');
    const wav = new WavFile(join(dir(), 'taken.wav'), mulaw, new Pieces(), {
      onFault: (error) => faults.push(error),
      onDropped() {},
    });
    wav.audio(new Uint8Array(320));
    expect(await wav.finish()).toBe(false);
    expect(faults).toEqual([expect.objectContaining({ code: 'EEXIST' })]);
    expect(await readFile(join(dir(), 'taken.wav'), 'utf8')).toBe('of somebody else');
  });

  test('an end that the disk does not take is not waited for longer than ten seconds', async () => {
    const recorder = recordings.record('call-1', mulaw);
    const finished = recorder.finish();
    // The simulated clock runs ahead of the real disk.
    await clock.advance(FINISH_DEADLINE_MS);
    expect(await finished).toBe(false);
    expect(log.lines.map(({ message }) => message)).toEqual(['the disk did not take the end of a recording in time']);
    // The file is still made behind our back: it must be there before the folder goes.
    await until('the file', written(join(dir(), recorder.file), 58));
  });

  test('a part with an impossible time is left out, and the recording says that it is not whole', async () => {
    const recorder = recordings.record('call-1', mulaw);
    recorder.caller(frame(mulaw, 0x21), 0);
    recorder.agent(frame(mulaw, 0x21), 1e12);
    recorder.agent(frame(mulaw, 0x21), 1e12);
    expect(await recorder.finish()).toBe(false);
    expect(log.lines).toHaveLength(1);
    expect((await stat(join(dir(), recorder.file))).size).toBe(58 + 320);
  });

  test('a folder that cannot be made is named at the start, with the variable', async () => {
    await writeFile(join(folder.path, 'file'), '');
    for (const bad of [join(folder.path, 'file'), join(folder.path, 'file/below')]) {
      expect(() => openRecordings({ dir: bad, clock, log })).toThrow(
        expect.objectContaining({
          code: 'recordings_dir_unusable',
          message: expect.stringMatching(
            /^RECORDINGS_DIR .*file.* cannot be used \(E[A-Z]+\); make it writable/,
          ) as unknown,
        }),
      );
    }
  });

  test.skipIf(process.getuid?.() === 0)('a folder that may not be written is named at the start', async () => {
    await chmod(dir(), 0o500);
    expect(() => openRecordings({ dir: dir(), clock, log })).toThrow('(EACCES)');
    await chmod(dir(), 0o700);
  });
});

test('opening leaves nothing in the folder', async () => {
  expect(await readdir(dir())).toEqual([]);
});

test('a stop finishes what is still recorded', async () => {
  const recorder = recordings.record('call-1', mulaw);
  recorder.caller(frame(mulaw, 0x21), 0);
  expect(recordings.running).toBe(1);
  await recordings[Symbol.asyncDispose]();
  expect(recordings.running).toBe(0);
  expect((await stat(join(dir(), recorder.file))).size).toBe(58 + 320);
});

describe('a call that was opened again', () => {
  test('goes on in a further file and is read as one, by either name', async () => {
    const first = recordings.record('call-1', mulaw);
    first.caller(frame(mulaw, 0x21), 0);
    await first.finish();
    await clock.advance(5000);
    const second = recordings.record('call-1', mulaw);
    second.caller(frame(mulaw, 0x22), 0);
    await second.finish();
    const other = recordings.record('call-10', mulaw);
    other.caller(frame(mulaw, 0x23), 0);
    await other.finish();

    for (const file of [first.file, second.file]) {
      const { body, size } = await readRecording(dir(), file, null);
      const read = await buffer(body);
      expect(size).toBe(58 + 640);
      expect(read.subarray(0, 58)).toEqual(wavHeader(mulaw, 640));
      expect([...channel(mulaw, read.subarray(58), 0)]).toEqual([
        ...new Uint8Array(160).fill(0x21),
        ...new Uint8Array(160).fill(0x22),
      ]);
    }
  });

  test('on a line of another format keeps each file by itself, and the first is read', async () => {
    const first = recordings.record('call-1', mulaw);
    first.caller(frame(mulaw, 0x21), 0);
    await first.finish();
    await clock.advance(1);
    const second = recordings.record('call-1', pcm24);
    second.caller(frame(pcm24, 0x22), 0);
    await second.finish();
    const { body, size } = await readRecording(dir(), first.file, null);
    expect(size).toBe(58 + 320);
    body.destroy();
  });

  test('on another replica, without a shared folder, is not read from the files that are here', async () => {
    const here = recordings.record('call-1', mulaw);
    await here.finish();
    const there = newFileName('call-1', clock.instant());
    await expect(readRecording(dir(), there, null)).rejects.toMatchObject({ code: 'not_found' });
  });

  test('at the same moment twice makes two files: nobody writes into the file of another', async () => {
    const both = [recordings.record('call-1', mulaw), recordings.record('call-1', mulaw)];
    for (const [index, recorder] of both.entries()) recorder.caller(frame(mulaw, 0x21 + index), 0);
    expect(await Promise.all(both.map((recorder) => recorder.finish()))).toEqual([true, true]);
    expect(await readdir(dir())).toHaveLength(2);
  });
});

describe('reading ranges', () => {
  test.each([
    [{ start: 0, end: null }, 0, 377],
    [{ start: 0, end: 43 }, 0, 43],
    [{ start: 50, end: 70 }, 50, 70],
    [{ start: 58, end: 58 }, 58, 58],
    [{ start: 300, end: 99_999 }, 300, 377],
    [{ start: 377, end: null }, 377, 377],
    [{ start: -1, end: null }, 377, 377],
    [{ start: -9_999, end: null }, 0, 377],
  ])('%j is served byte for byte', async (range, start, end) => {
    const recorder = recordings.record('call-1', mulaw);
    recorder.caller(
      Uint8Array.from({ length: 160 }, (_, index) => index),
      0,
    );
    await recorder.finish();
    const whole = await readFile(join(dir(), recorder.file));
    const read = await readRecording(dir(), recorder.file, range);
    expect(read).toMatchObject({ size: 378, start, end });
    expect(await buffer(read.body)).toEqual(whole.subarray(start, end + 1));
  });

  test.each([
    { start: 378, end: null },
    { start: 378, end: 400 },
    { start: 20, end: 10 },
  ])('%j is not there, and the size is told', async (range) => {
    const recorder = recordings.record('call-1', mulaw);
    recorder.caller(frame(mulaw, 0x21), 0);
    await recorder.finish();
    await expect(readRecording(dir(), recorder.file, range)).rejects.toMatchObject({
      code: 'range_not_satisfiable',
      httpStatus: 416,
      details: { size: 378 },
    });
  });

  test('nothing outside the folder, and nothing that is no recording, is ever read', async () => {
    const recorder = recordings.record('call-1', mulaw);
    await recorder.finish();
    await copyFile(join(dir(), recorder.file), join(folder.path, recorder.file));
    const strange = 'call-2.20261124T120000000Z.aaaaaaaa.wav';
    await writeFile(join(dir(), strange), 'this is a text, and long enough that it could have a header of a WAV file');
    const names = [
      `../${recorder.file}`,
      join(folder.path, recorder.file),
      '..',
      '',
      'call-3.20261124T120000000Z.aaaaaaaa.wav',
      strange,
    ];
    for (const name of names) {
      await expect(readRecording(dir(), name, null), name).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(readRecording(join(dir(), 'nowhere'), recorder.file, null)).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  test('a player that goes away in the middle leaves no open file', async () => {
    const recorder = recordings.record('call-1', mulaw);
    for (let at = 0; at < 60_000; at += 20) recorder.caller(frame(mulaw, 0x21), at);
    await recorder.finish();
    const before = await openFiles();
    const { body } = await readRecording(dir(), recorder.file, null);
    await until('the first bytes', once(body, 'data'));
    expect(await openFiles()).not.toEqual(before);
    body.destroy();
    if (!body.closed) await until('the file to be closed', once(body, 'close'));
    expect(await openFiles()).toEqual(before);
  });
});

function frame(format: AudioFormat, byte: number): Uint8Array {
  return new Uint8Array(bytesOf(format, 20)).fill(byte);
}

function channel(format: AudioFormat, audio: Uint8Array, which: 0 | 1): Uint8Array {
  const sample = format.encoding === 'pcm16' ? 2 : 1;
  return audio.filter((_, index) => Math.floor(index / sample) % 2 === which);
}

/** Turns of the event loop until nothing waits for the disk. */
async function drained(recorder: { readonly pendingBytes: number }): Promise<void> {
  do await new Promise<void>((resolve) => void setImmediate(resolve));
  while (recorder.pendingBytes > 0);
}

/** Turns of the event loop until the file is that long. */
async function written(path: string, size: number): Promise<void> {
  while ((await stat(path).catch(() => null))?.size !== size)
    await new Promise<void>((resolve) => void setImmediate(resolve));
}

/** Recordings that this process has open, where the system tells. */
async function openFiles(): Promise<string[]> {
  const names = await readdir('/proc/self/fd').catch(() => []);
  const files = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => '')));
  return files.filter((file) => file.startsWith(folder.path));
}
