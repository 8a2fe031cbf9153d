import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, test } from 'vitest';
import { callRoutes } from '../../../src/http/calls.ts';
import type { AppDeps } from '../../../src/http/deps.ts';
import { problems } from '../../../src/http/problem.ts';
import { readRecording } from '../../../src/recordings/read-recording.ts';
import { openRecordings } from '../../../src/recordings/recordings.ts';
import { openFolder } from '../../support/folder.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

const URL = '/calls/018f0000-0000-7000-8000-000000000001/recording';

/** Status, range and bytes of the recording of a short call, for each header; `whole` is all of it. */
async function ask(ranges: readonly string[]) {
  await using folder = await openFolder();
  await using recordings = openRecordings({ dir: folder.path, clock: new SimClock(), log: quietLog() });
  const recorder = recordings.record('call-1', { encoding: 'mulaw', sampleRateHz: 8000 });
  recorder.caller(
    Uint8Array.from({ length: 800 }, (_, at) => at % 256),
    0,
  );
  await recorder.finish();
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  problems(app, { log: quietLog() });
  const calls: Pick<AppDeps['calls'], 'recording'> = {
    recording: (_id, range) => readRecording(folder.path, recorder.file, range),
  };
  await callRoutes(app, { calls } as unknown as AppDeps);
  const whole = (await app.inject({ url: URL })).rawPayload;
  const answers = [];
  for (const range of ranges) {
    const { statusCode, headers, rawPayload } = await app.inject({ url: URL, headers: { range } });
    answers.push({ status: statusCode, range: headers['content-range'], bytes: rawPayload });
  }
  await app.close();
  return { whole, answers };
}

test('a player may ask for any part of a recording, its last bytes too', async () => {
  const { whole, answers } = await ask(['bytes=0-99', 'bytes=100-', 'bytes=-10', 'bytes=-99999', 'bytes=0-99999']);
  const size = whole.length;
  expect(answers).toEqual([
    { status: 206, range: `bytes 0-99/${size}`, bytes: whole.subarray(0, 100) },
    { status: 206, range: `bytes 100-${size - 1}/${size}`, bytes: whole.subarray(100) },
    { status: 206, range: `bytes ${size - 10}-${size - 1}/${size}`, bytes: whole.subarray(-10) },
    { status: 206, range: `bytes 0-${size - 1}/${size}`, bytes: whole },
    { status: 206, range: `bytes 0-${size - 1}/${size}`, bytes: whole },
  ]);
});

test('what is no range is answered with all of it, and one that is not there with the size', async () => {
  const { whole, answers } = await ask([
    'bytes=abc',
    'bytes=5-2',
    'bytes=-0',
    'bytes=-',
    'bytes=0-1,5-6',
    'bytes=9999-',
  ]);
  for (const answer of answers.slice(0, -1)) expect(answer).toMatchObject({ status: 200, bytes: whole });
  expect(answers.at(-1)).toMatchObject({ status: 416, range: `bytes */${whole.length}` });
});
