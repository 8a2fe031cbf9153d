import { expect, test } from 'vitest';
import type { CallbackTransaction } from '../../../db/callback-store.ts';
import { Together } from '../../../db/together.ts';
import { RingbackError } from '../../../src/errors.ts';

const tx = {} as CallbackTransaction;

/** Transactions whose commits are let through, or not, one by one. `works` of each: how many it had. */
function slowCommits() {
  const commits: PromiseWithResolvers<void>[] = [];
  const together = new Together(async (work) => {
    const commit = Promise.withResolvers<void>();
    commits.push(commit);
    const value = await work(tx);
    await commit.promise;
    return value;
  });
  return { together, commits };
}

const work =
  (done: string[], name: string): (() => Promise<string>) =>
  async () => {
    done.push(name);
    return name;
  };

/** Lets everything go on that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

test('the first two go at once, and what comes meanwhile shares the next transaction', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['a', 'b', 'c', 'd', 'e'].map((name) => together.run([name], work(done, name)));
  expect(commits).toHaveLength(2);
  commits[0]?.resolve();
  await settle();
  expect(commits).toHaveLength(3);
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
  for (const commit of commits) commit.resolve();
  expect(await Promise.all(all)).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('two that concern the same person never share a transaction', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['x', 'y', 'a', 'a', 'b'].map((name) => together.run([name], work(done, name)));
  commits[0]?.resolve();
  await settle();
  expect(done).toEqual(['x', 'y', 'a', 'b']);
  for (let turn = 0; turn < 4; turn += 1) {
    for (const commit of commits) commit.resolve();
    await settle();
  }
  expect(await Promise.all(all)).toEqual(['x', 'y', 'a', 'a', 'b']);
});

test('one that is refused takes nobody with it: each of the others is done by itself', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['x', 'y', 'a', 'bad', 'c'].map((name) =>
    together.run([name], async () => {
      done.push(name);
      if (name === 'bad') throw new RingbackError('on_do_not_call');
      return name;
    }),
  );
  const outcomes = Promise.allSettled(all);
  for (let turn = 0; turn < 4; turn += 1) {
    for (const commit of commits) commit.resolve();
    await settle();
  }
  expect((await outcomes).map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
    'fulfilled',
  ]);
  expect(done).toEqual(['x', 'y', 'a', 'bad', 'c', 'a', 'bad', 'c']);
});

test('where nobody knows whether the commit happened, nothing is done a second time', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['x', 'y', 'a', 'b'].map((name) => together.run([name], work(done, name)));
  const outcomes = Promise.allSettled(all);
  commits[0]?.resolve();
  commits[1]?.resolve();
  await settle();
  commits[2]?.reject(new RingbackError('database_unavailable'));
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
  expect(done).toEqual(['x', 'y', 'a', 'b']);
});

test('a lost connection fails those that were on it, and those that waited go on', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['x', 'y', 'a', 'b'].map((name) => together.run([name], work(done, name)));
  const outcomes = Promise.allSettled(all);
  commits[0]?.reject(new RingbackError('database_unavailable'));
  await settle();
  for (const commit of commits) commit.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
  expect(done).toEqual(['x', 'y', 'a', 'b']);
});

test('where the database does not answer, nobody waits for the same deadline one group after the other', async () => {
  const { together, commits } = slowCommits();
  const done: string[] = [];
  const all = ['x', 'y', 'a', 'b'].map((name) => together.run([name], work(done, name)));
  const outcomes = Promise.allSettled(all);
  commits[0]?.reject(new RingbackError('query_deadline', [3_000]));
  await settle();
  commits[1]?.resolve();
  expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'rejected']);
  expect(done).toEqual(['x', 'y']);
});
