import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readRecording } from '../../../src/recordings/read-recording.ts';
import { startChild } from '../../support/child.ts';
import { openFolder } from '../../support/folder.ts';
import { until } from '../../support/until.ts';

const script = '../integration/recordings/record-until-killed.ts';

test('a process that is killed in a call leaves a recording that is there up to its last seconds', async () => {
  await using folder = await openFolder();
  await using child = startChild(script, [folder.path, '60']);
  const file = await child.nextLine();
  await child.nextLine();
  await child.kill('SIGKILL');

  const { body, size } = await readRecording(folder.path, file, null);
  const read = await buffer(body);
  expect(read).toHaveLength(size);
  expect(read.readUInt32LE(54)).toBe(size - 58);
  // Two to three seconds wait in memory for the other channel.
  expect(size - 58).toBeGreaterThanOrEqual(16_000 * 57);
  expect(read.subarray(58).every((byte, index) => byte === (index % 2 === 0 ? 0x21 : 0x22))).toBe(true);
});

test('a disk that fills up in a call is logged once; what was written before can be read', async () => {
  await using folder = await openFolder();
  // A limit of 200 blocks of 512 bytes on the size of a file stands for a full disk.
  const child = spawn(
    'sh',
    [
      '-c',
      'ulimit -f 200; exec "$0" "$@"',
      process.execPath,
      fileURLToPath(new URL('record-until-killed.ts', import.meta.url)),
      folder.path,
      '60',
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  child.stdin.end();
  const [file = '', , end = ''] = (await until('the end of the recorder', text(child.stdout), 30_000)).split('\n');
  expect(JSON.parse(end)).toEqual({
    whole: false,
    log: [{ level: 'error', fields: { callId: 'call-1', fault: 'EFBIG' }, message: 'a recording cannot be written' }],
  });

  const onDisk = await readFile(join(folder.path, file));
  expect(onDisk.length).toBeGreaterThan(90_000);
  const { body, size } = await readRecording(folder.path, file, null);
  const read = await buffer(body);
  expect(size).toBe(onDisk.length - (onDisk.length % 2));
  expect(read.readUInt32LE(54)).toBe(size - 58);
});
