import { buffer } from 'node:stream/consumers';
import { openRecordings } from '../../../src/recordings/recordings.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

/**
 * A process that records: `node record-until-killed.ts DIR SECONDS`. It prints the file, then how much of the audio waits
 * for the disk once it has all been put, then, when its standard input ends, whether the recording is whole and what
 * was logged.
 */
const [dir = '', seconds = ''] = process.argv.slice(2);
const log = quietLog();
const recorder = openRecordings({ dir, clock: new SimClock(), log }).record('call-1', {
  encoding: 'mulaw',
  sampleRateHz: 8000,
});
console.log(recorder.file);
for (let at = 0; at < Number(seconds) * 1000; at += 20) {
  recorder.caller(new Uint8Array(160).fill(0x21), at);
  recorder.agent(new Uint8Array(160).fill(0x22), at);
  if (at % 1000 === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
}
while (recorder.pendingBytes > 0) await new Promise<void>((resolve) => void setImmediate(resolve));
console.log(recorder.pendingBytes);
await buffer(process.stdin);
console.log(JSON.stringify({ whole: await recorder.finish(), log: log.lines }));
