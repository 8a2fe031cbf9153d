import { availableParallelism } from 'node:os';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fragmentOf, readConfig } from '../../src/config.ts';
import { variable } from '../../src/env.ts';
import { RingbackError } from '../../src/errors.ts';

function faultsOf(environment: Record<string, string>, fragments: z.ZodRawShape[] = []): string[] {
  try {
    readConfig(environment, fragments);
  } catch (error) {
    if (error instanceof RingbackError && error.code === 'config_invalid') return error.message.split('\n');
    throw error;
  }
  return [];
}

test('an empty environment is a whole configuration', () => {
  expect(readConfig({}, [])).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    publicUrl: null,
    databaseUrl: null,
    outboundHold: false,
    outboundAllowlist: null,
    drainTimeoutMs: 600_000,
  });
});

test('an empty value counts as unset, and 0 stays 0', () => {
  expect(readConfig({ PORT: '', DRAIN_TIMEOUT_SECONDS: '0' }, [])).toMatchObject({ port: 8080, drainTimeoutMs: 0 });
});

describe('a wrong value stops the start with one line that names it', () => {
  test.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '8080.5'],
    ['PORT', '0x50'],
    ['PUBLIC_URL', 'voice.example.com'],
    ['PUBLIC_URL', 'ftp://voice.example.com'],
    ['PUBLIC_URL', 'https://voice.example.com/?a=1'],
    ['DATABASE_URL', 'mysql://localhost/x'],
    ['DATABASE_URL', 'localhost'],
    ['DATABASE_DIRECT_URL', 'http://localhost'],
    ['ADMIN_TOKEN', 'short'],
    ['OUTBOUND_HOLD', 'yes'],
    ['OUTBOUND_HOLD', '1'],
    ['OUTBOUND_ALLOWLIST', ' , '],
    ['TRUST_PROXY', ','],
    ['DRAIN_TIMEOUT_SECONDS', '1e3'],
    ['MAX_CONCURRENT_CALLS', 'many'],
    ['LOG_LEVEL', 'loud'],
  ])('%s=%s', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: got .+, wants .+`));
  });
});

test('all faults are told at once', () => {
  expect(faultsOf({ PORT: 'x', LOG_LEVEL: 'loud', OUTBOUND_HOLD: 'maybe' }).map((line) => line.split(':')[0])).toEqual([
    'PORT',
    'OUTBOUND_HOLD',
    'LOG_LEVEL',
  ]);
});

test("a secret's value is never told", () => {
  const faults = faultsOf({ DATABASE_URL: 'mysql://me:hunter2@db/x', ADMIN_TOKEN: 'hunter2' });
  expect(faults).toHaveLength(2);
  expect(faults.join()).not.toContain('hunter2');
});

test("an adapter's fragment is checked with the rest, and it gets its own variables alone", () => {
  const fragment = { ACME_KEY: variable(z.string().min(4), 'Key of Acme.', { wants: 'a key of Acme', secret: true }) };
  expect(faultsOf({}, [fragment])).toEqual(['ACME_KEY: got nothing, wants a key of Acme']);
  expect(fragmentOf(readConfig({ ACME_KEY: 'abcd', PORT: '1' }, [fragment]), fragment)).toEqual({ ACME_KEY: 'abcd' });
});

test('a variable that two adapters share is told once when it is wrong, and given to both', () => {
  const shared = { ACME_KEY: variable(z.string().min(4), 'Key of Acme.', { wants: 'a key of Acme', secret: true }) };
  const ears = { ...shared, ACME_EARS: z.string().default('two') };
  const mouth = { ...shared, ACME_MOUTH: z.string().default('one') };
  expect(faultsOf({}, [ears, mouth])).toEqual(['ACME_KEY: got nothing, wants a key of Acme']);
  const config = readConfig({ ACME_KEY: 'abcd' }, [ears, mouth]);
  expect(fragmentOf(config, ears)).toEqual({ ACME_KEY: 'abcd', ACME_EARS: 'two' });
  expect(fragmentOf(config, mouth)).toEqual({ ACME_KEY: 'abcd', ACME_MOUTH: 'one' });
});

test('one process unless more are wanted, and auto is one for each core', () => {
  expect(readConfig({}, []).processes).toBe(1);
  expect(readConfig({ PROCESSES: '4' }, []).processes).toBe(4);
  expect(readConfig({ PROCESSES: 'auto' }, []).processes).toBe(availableParallelism());
  expect(faultsOf({ PROCESSES: '0' })).toEqual([expect.stringContaining('PROCESSES: got')]);
  expect(faultsOf({ PROCESSES: 'all' })).toEqual([expect.stringContaining('auto for one per core')]);
});
