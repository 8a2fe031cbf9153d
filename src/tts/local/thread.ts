import { parentPort, workerData } from 'node:worker_threads';
import init from '@echogarden/espeak-ng-emscripten';
import type { FromThread, ThreadData, ToThread } from './engine.ts';
import { Pieces } from './pieces.ts';

/*
 * The thread in which espeak-ng runs, one segment at a time, so that synthesis never holds up the calls. It exits with
 * the engine that started it.
 */

/** A little slower than its 175, which is hard to follow on a telephone. */
const WORDS_PER_MINUTE = 160;

const port = parentPort;
if (port === null) throw new Error('thread.ts runs as a worker thread only');
const { stopped } = workerData as ThreadData;
const stoppedJob = new Int32Array(stopped);
const espeak = await new (await init()).eSpeakNGWorker();
espeak.set_rate(WORDS_PER_MINUTE);

port.on('message', ({ id, text, voice }: ToThread) => {
  try {
    if (espeak.set_voice(voice) !== 0) throw new Error('there is no such voice');
    const pieces = new Pieces((piece) => {
      const pcm = new Uint8Array(piece.buffer);
      tell({ type: 'audio', id, pcm }, [pcm.buffer]);
    });
    espeak.synthesize(text, (samples) => {
      if (samples !== null) pieces.push(samples);
      return Atomics.load(stoppedJob, 0) === id;
    });
    pieces.end();
    tell({ type: 'done', id });
  } catch (error) {
    tell({ type: 'failed', id, why: error instanceof Error ? error.name : 'unknown' });
  }
});
tell({ type: 'ready' });

function tell(message: FromThread, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}
