import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test, vi } from 'vitest';
import { openFolder } from '../../support/folder.ts';
import { refusedProduct } from '../../support/product.ts';

/* What a person sees who sets something wrong: the product as it is started, and the line that it ends with. */
vi.setConfig({ testTimeout: 60_000 });

/** A database that is not there: none of these starts comes so far as to need one. */
const DATABASE_URL = 'postgres://127.0.0.1:1/nowhere';

const lines = (output: string): string[] => output.split('\n').filter((line) => line !== '' && !line.startsWith('{'));

test('every wrong value is told at once, each in a line that names it, what it got and what it wants', async () => {
  await using folder = await openFolder();
  const { code, output } = await refusedProduct({
    DATA_DIR: folder.path,
    PORT: 'eighty',
    PUBLIC_URL: 'voice.example.com',
    OUTBOUND_HOLD: 'yes',
    ADMIN_TOKEN: 'short-secret',
    LOG_LEVEL: 'loud',
  });
  expect(code).toBe(1);
  expect(lines(output)).toEqual([
    'PORT: got "eighty", wants a whole number from 0 to 65535',
    'PUBLIC_URL: got "voice.example.com", wants an http(s) URL without a path, for example https://voice.example.com',
    'ADMIN_TOKEN: got a value of 12 characters, wants at least 16 characters',
    'OUTBOUND_HOLD: got "yes", wants true or false',
    'LOG_LEVEL: got "loud", wants fatal, error, warn, info, debug, trace or silent',
  ]);
  expect(output).not.toContain('short-secret');
});

test('a taken port is one line that names it and the cure', async () => {
  await using folder = await openFolder();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  try {
    const { code, output } = await refusedProduct({ DATABASE_URL, DATA_DIR: folder.path, PORT: String(port) });
    expect(code).toBe(1);
    expect(lines(output)).toEqual([
      `PORT ${port} is taken on 127.0.0.1; stop what listens there or set PORT to another`,
    ]);
  } finally {
    taken.close();
  }
});

test('an address that is none of this machine is one line', async () => {
  await using folder = await openFolder();
  const { code, output } = await refusedProduct({ DATABASE_URL, DATA_DIR: folder.path, HOST: '203.0.113.7' });
  expect(code).toBe(1);
  expect(lines(output)).toEqual(['HOST: got "203.0.113.7", wants an address of this machine']);
});

test('a folder that cannot be a folder is one line that names it and the cure', async () => {
  await using folder = await openFolder();
  const file = join(folder.path, 'a-file');
  await writeFile(file, '');
  const recordings = await refusedProduct({ DATA_DIR: folder.path, RECORDINGS_DIR: join(file, 'recordings') });
  expect(recordings.code).toBe(1);
  expect(lines(recordings.output)).toHaveLength(1);
  expect(recordings.output).toContain('RECORDINGS_DIR');
  const data = await refusedProduct({ DATA_DIR: join(file, 'data'), RECORDINGS_DIR: join(folder.path, 'recordings') });
  expect(data.code).toBe(1);
  expect(lines(data.output)).toHaveLength(1);
  expect(data.output).toContain('DATA_DIR');
});

test.runIf(process.getuid?.() !== 0)('a folder that may not be written is one line', async () => {
  await using folder = await openFolder();
  const closed = join(folder.path, 'closed');
  await mkdir(closed);
  await chmod(closed, 0o500);
  const { code, output } = await refusedProduct({ DATA_DIR: closed });
  expect(code).toBe(1);
  expect(lines(output)).toHaveLength(1);
});

test('half a Twilio account, and a Twilio that could not reach us, are each one line', async () => {
  await using folder = await openFolder();
  const sid = `AC${'0'.repeat(32)}`;
  const half = await refusedProduct({
    DATABASE_URL,
    DATA_DIR: folder.path,
    TWILIO_ACCOUNT_SID: sid,
    PUBLIC_URL: 'https://a.example',
  });
  expect(lines(half.output)).toEqual([
    'TWILIO_AUTH_TOKEN: got nothing, wants the token that belongs to TWILIO_ACCOUNT_SID',
  ]);
  const plain = await refusedProduct({
    DATABASE_URL,
    DATA_DIR: folder.path,
    TWILIO_ACCOUNT_SID: sid,
    TWILIO_AUTH_TOKEN: '0'.repeat(32),
  });
  expect(lines(plain.output)).toEqual([
    'PUBLIC_URL: got nothing, wants the https URL at which Twilio reaches this service',
  ]);
  expect(half.output + plain.output).not.toContain('0'.repeat(32));
});
