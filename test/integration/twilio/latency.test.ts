import { expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { until } from '../../support/until.ts';
import { soundsIn } from '../../support/wav.ts';
import { openTelephone, OURS, PERSON, speak, TOKEN } from './world.ts';

const TOLERANCE_MS = 20;
/** How long the model thinks about each turn; at the last one they are asked to wait. */
const THINKS_MS = [0, 150, 400, 3_600];

test('the parts of each latency that is stored sum to the silence that is recorded', async () => {
  let answers = 0;
  await using phone = await openTelephone({
    sentences: [
      'what is the weather like',
      'and what about tomorrow',
      'will there be any snow',
      'is it windy out there',
    ],
    reply: async () => {
      await systemClock.sleep(THINKS_MS[answers++] ?? 0, new AbortController().signal);
      return { text: 'It is sunny.' };
    },
  });
  phone.deepgram.speaking.firstAudioMs = 120;
  const call = await phone.twilio.phone(PERSON, OURS, phone.voice);
  await until('the greeting', call.quiet());
  for (const [turn, thinksMs] of THINKS_MS.entries()) {
    speak(call, 500 + turn * 140);
    if (thinksMs > 3_000) await until('the sentence that asks them to wait', call.quiet());
    await until('the answer', call.quiet());
  }
  await call.hangUp();

  const [first] = (await phone.watch('the call log', '/calls', ({ items }) => items[0]?.status === 'completed')).items;
  const path = `/calls/${first?.id ?? ''}`;
  await phone.watch('the recording', path, (body) => body['recordingAvailable'] === true);
  const answer = await fetch(`${phone.gateway.url}/api/v1${path}/recording`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  const wav = Buffer.from(await answer.arrayBuffer());
  const [agents, callers] = [soundsIn(wav, 'right'), soundsIn(wav, 'left')];
  // The greeting, four answers, and the sentence before the last one.
  expect(callers).toHaveLength(4);
  expect(agents).toHaveLength(6);
  const latencies = (await phone.api('GET', path)).transcript.flatMap(({ latency }) =>
    latency === null ? [] : [latency],
  );
  expect(latencies).toHaveLength(4);
  for (const [turn, latency] of latencies.entries()) {
    const { totalMs, heardGapMs, ...parts } = latency as Record<string, number>;
    const silentMs = callers[turn]?.toMs ?? Infinity;
    const heardMs = (agents[turn + 1]?.fromMs ?? Infinity) - silentMs;
    const answeredMs = (agents[turn === 3 ? 5 : turn + 1]?.fromMs ?? Infinity) - silentMs;
    const sumMs = Object.values(parts).reduce((sum, part) => sum + part, 0);
    expect
      .soft(Math.abs(sumMs - answeredMs), `${turn}: ${sumMs} stored, ${answeredMs} recorded`)
      .toBeLessThan(TOLERANCE_MS);
    expect
      .soft(Math.abs((heardGapMs ?? 0) - heardMs), `${turn}: ${heardGapMs} stored, ${heardMs} recorded`)
      .toBeLessThan(TOLERANCE_MS);
    expect(totalMs).toBe(sumMs);
    // Only the last one was waited for with a sentence.
    expect(heardGapMs === totalMs).toBe(turn < 3);
  }
}, 60_000);
