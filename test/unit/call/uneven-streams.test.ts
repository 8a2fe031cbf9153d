import { describe, expect, test } from 'vitest';
import { acceptMediaSocket } from '../../../src/carriers/media-socket.ts';
import { openTwilioCodec } from '../../../src/carriers/twilio/media.ts';
import { Timeline } from '../../../src/recordings/timeline.ts';
import { CallRoom } from '../../fakes/call-room.ts';
import { FakeSocket } from '../../fakes/fake-socket.ts';
import { FakeStream } from '../../fakes/fake-stream.ts';
import { ScriptedStt } from '../../fakes/scripted-stt.ts';
import { telephone } from '../../fakes/spoken-audio.ts';

/* A carrier's stream from its socket to the recording and the STT, when its frames do not come as they should. */

const FRAME_BYTES = 160;
const LOUD = 0x10;

/** What came: the number of the frame that is to be heard next, and when, in frames. */
interface Frame {
  readonly chunk: number;
  readonly atFrame: number;
}

/** Plays the frames to a call that is recorded; the caller's channel of it, a loud frame as its number, and the STT's bytes. */
async function record(frames: readonly Frame[], unorderedMs = 0): Promise<{ recorded: number[]; sttFrames: number }> {
  const stt = new ScriptedStt();
  const written: Buffer[] = [];
  const timeline = new Timeline(telephone, {
    audio: (bytes) => void written.push(Buffer.from(bytes)),
    silence: (byteLength) => void written.push(Buffer.alloc(byteLength, 0xff)),
  });
  await using room = new CallRoom({
    stt,
    options: {
      recordings: {
        record: (id) => ({
          file: `${id}.wav`,
          caller: (audio, atMs) => {
            timeline.place('caller', audio, atMs);
            return atMs;
          },
          agent: (audio, atMs) => void timeline.place('agent', audio, atMs),
          finish: async () => true,
        }),
      },
    },
  });
  const socket = new FakeSocket();
  const { capabilities } = new FakeStream({ clock: room.clock });
  acceptMediaSocket({
    socket: socket.asSocket,
    codec: openTwilioCodec(),
    capabilities: { ...capabilities, unorderedMs },
    host: {
      connect: async (stream) =>
        room.calls.connect(room.briefing({ opening: { kind: 'none' }, agent: { recording: 'on' } }), stream),
    },
    clock: room.clock,
    log: room.log,
    tokenOf: () => 'token',
  });
  socket.receive({ event: 'start', streamSid: 'MZ1', start: { callSid: 'CA1', customParameters: {} } });
  await room.clock.advance(0);
  let now = 0;
  for (const { chunk, atFrame } of frames) {
    await room.clock.advance((atFrame - now) * 20);
    now = atFrame;
    const payload = Buffer.alloc(FRAME_BYTES, LOUD + (chunk % 64)).toString('base64');
    socket.receive({ event: 'media', streamSid: 'MZ1', media: { track: 'inbound', chunk: String(chunk), payload } });
  }
  socket.gone();
  await room.clock.advance(1_000);
  timeline.finish();
  const both = Buffer.concat(written);
  const recorded: number[] = [];
  for (let at = 0; at < both.length; at += 2 * FRAME_BYTES) {
    const code = both[at] ?? 0xff;
    recorded.push(code === 0xff ? 0 : code - LOUD);
  }
  return { recorded, sttFrames: stt.writtenBytes / FRAME_BYTES };
}

/** Frames 1 to `count`, each at its time. */
const even = (count: number): Frame[] =>
  Array.from({ length: count }, (_, index) => ({ chunk: index + 1, atFrame: index }));

describe('M10: a stream whose frames do not come as they should', () => {
  test('is recorded as it was spoken where a part was lost, and the STT hears silence for it', async () => {
    const { recorded, sttFrames } = await record(even(50).filter(({ chunk }) => chunk <= 20 || chunk > 30));
    const spoken = Array.from({ length: 50 }, (_, index) => (index >= 20 && index < 30 ? 0 : index + 1));
    expect(recorded).toEqual(spoken);
    expect(sttFrames).toBe(50);
  });

  test('has no word twice where frames are repeated', async () => {
    const { recorded, sttFrames } = await record(even(50).flatMap((frame) => [frame, frame]));
    expect(recorded).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(sttFrames).toBe(50);
  });

  test('is put in order where the carrier lets frames overtake each other', async () => {
    const shuffled = even(48).map(({ chunk, atFrame }) => ({
      chunk: chunk + ([2, 0, -2][(chunk - 1) % 3] ?? 0),
      atFrame,
    }));
    const { recorded, sttFrames } = await record(shuffled, 100);
    // A held frame comes up to its window late, which is no gap: what follows it is not moved.
    expect(recorded.filter((code) => code > 0)).toEqual(Array.from({ length: 48 }, (_, index) => index + 1));
    expect(recorded.length).toBeLessThanOrEqual(48 + 3);
    expect(sttFrames).toBe(48);
  });

  test('goes on where its numbers jump, forwards and back, and nothing of what is said then is lost', async () => {
    const jumping = even(60).map(({ chunk, atFrame }) => ({
      chunk: chunk <= 20 ? chunk : chunk <= 40 ? chunk + 640_000 : chunk,
      atFrame,
    }));
    const { recorded } = await record(jumping);
    expect(recorded).toEqual(Array.from({ length: 60 }, (_, index) => index + 1));
  });
});
