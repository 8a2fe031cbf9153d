import { expect, test } from 'vitest';
import { takeOver } from '../../../src/scheduler/take-over.ts';
import { quietLog } from '../../support/quiet-log.ts';

function open(over: Partial<Parameters<typeof takeOver>[0]> = {}) {
  const did: string[] = [];
  const round = () =>
    takeOver({
      replicas: {
        remains: async () => ({ lapsed: ['dead', 'undead'], unwatched: ['one', 'two'] }),
        bury: async (id) => void did.push(`buried ${id}`),
      },
      adopt: async (id) => {
        did.push(`adopted ${id}`);
        return id === 'dead';
      },
      makeUnknown: async (id) => void did.push(`unknown ${id}`),
      staleSendingMs: 30_000,
      log: quietLog(),
      ...over,
    });
  return { did, round };
}

test('a dead replica is adopted before its row goes; one that lives after all keeps its row', async () => {
  const { did, round } = open();
  await round();
  expect(did).toEqual(['adopted dead', 'buried dead', 'adopted undead', 'unknown one', 'unknown two']);
});

test('an attempt that cannot be taken over does not hold up the others', async () => {
  const taken: string[] = [];
  const { round } = open({
    makeUnknown: async (id) => {
      if (id === 'one') throw new Error('absurd data');
      taken.push(id);
    },
  });
  await round();
  expect(taken).toEqual(['two']);
});

test('a replica that cannot be adopted keeps its row, so that the next round finds it', async () => {
  const { did, round } = open({ adopt: () => Promise.reject(new Error('the database is away')) });
  await expect(round()).rejects.toThrow('away');
  expect(did).toEqual([]);
});
