import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCallRecords } from '../../../db/call-store.ts';
import { purgeBatch } from '../../../db/retention-store.ts';
import { turn } from '../../../db/schema.ts';
import { settleAttempt } from '../../../src/callbacks/settle.ts';
import { systemClock } from '../../../src/clock.ts';
import { newFileName } from '../../../src/recordings/file-name.ts';
import { defaultRetentionTimes, openRetention } from '../../../src/retention/retention.ts';
import { openCallbackWorld, type CallbackWorld } from '../../support/callback-rows.ts';
import { openFolder, type Folder } from '../../support/folder.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { until } from '../../support/until.ts';

const DAY_SECONDS = 86_400;
const RETENTION = { olderThanMs: 90 * DAY_SECONDS * 1000, most: 50, onLostHint: () => undefined };

let opened: AsyncDisposableStack;
let world: CallbackWorld;
let folder: Folder;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  world = opened.use(await openCallbackWorld());
  folder = opened.use(await openFolder());
});
afterEach(() => opened.disposeAsync());

/** An ended call with words, a summary and the name of a recording. */
async function spokenCall(agentId: string, endedDaysAgo: number, person = world.person()): Promise<string> {
  const id = await world.inboundCall(agentId, person, endedDaysAgo * DAY_SECONDS);
  const startedAt = Temporal.Now.instant().round('millisecond');
  await world.database.orm.insert(turn).values([
    { callId: id, index: 0, role: 'caller', text: 'my knee hurts', startedAt },
    { callId: id, index: 1, role: 'tool', text: '', toolName: 't', toolArguments: { reason: 'my knee' }, startedAt },
  ]);
  await world.database.sql`update call set summary = 'They spoke of a knee.', recording = 'complete',
    recording_file = 'a.wav' where id = ${id}::uuid`;
  return id;
}

/** A callback of that call that was rung and not answered, so long ago. */
async function oldCallback(agent: Awaited<ReturnType<CallbackWorld['agent']>>, originCallId: string, daysAgo: number) {
  const { callback } = await world.book(agent, world.person(), { originCallId, toName: 'Ada', reason: 'the knee' });
  const { attempt } = await world.dial(callback.id);
  await settleAttempt(world.deps, attempt.id, { kind: 'refused', outcome: 'invalid_number', detail: 'no such number' });
  await world.database.sql`update callback set updated_at = now() - ${daysAgo}::int * interval '1 day',
    due_at = now() - ${daysAgo}::int * interval '1 day' where id = ${callback.id}::uuid`;
  return callback.id;
}

/** One round of the service over `dir`, as the process runs it. */
async function oneRound(days: number, over: Partial<typeof defaultRetentionTimes> = {}) {
  const log = quietLog();
  const told = Promise.withResolvers<void>();
  await using retention = openRetention({
    database: world.database,
    recordingsDir: folder.path,
    days,
    onLostHint: () => undefined,
    clock: systemClock,
    log: {
      ...log,
      info(fields, message) {
        log.info(fields, message);
        told.resolve();
      },
      warn: (_fields, message) => told.reject(new Error(message)),
    },
    times: { ...defaultRetentionTimes, firstMs: 0, pauseMs: 0, ...over },
  });
  retention.start();
  await until('a round of the retention', told.promise);
  return log.lines;
}

test('what was said 91 days ago is erased, and that there was a call is still known', async () => {
  const agent = await world.agent();
  const records = openCallRecords({ database: world.database, onLostHint: () => undefined });
  const old = await spokenCall(agent.id, 91);
  const young = await spokenCall(agent.id, 89);

  expect(await purgeBatch(world.database, RETENTION)).toMatchObject({ calls: 1 });

  expect(await records.turns(old)).toEqual([]);
  const erased = await records.find(old);
  expect(erased).toMatchObject({ status: 'completed', summary: null, recording: 'none', recordingFile: null });
  expect(erased?.purgedAt).not.toBeNull();
  expect(await records.turns(young)).toHaveLength(2);
  expect(await records.find(young)).toMatchObject({ summary: 'They spoke of a knee.', purgedAt: null });
  expect(await world.events(old)).toEqual(['call.changed']);
});

test('an old callback loses its reason and the name, and stays in the counts with its attempts', async () => {
  const agent = await world.agent();
  const origin = await spokenCall(agent.id, 91);
  const id = await oldCallback(agent, origin, 91);
  const before = await world.store.counts();

  expect(await purgeBatch(world.database, RETENTION)).toMatchObject({ callbacks: 1 });

  expect(await world.store.find(id)).toMatchObject({ status: 'failed', reason: '', toName: null });
  expect((await world.store.find(id))?.purgedAt).not.toBeNull();
  expect(await world.store.attemptsOf(id)).toHaveLength(1);
  expect(await world.store.counts()).toEqual(before);
  await world.checkInvariants();
});

test('a conversation in which a promise is open is left whole, however old it is', async () => {
  const agent = await world.agent();
  const waiting = await spokenCall(agent.id, 400);
  const { callback } = await world.book(agent, world.person(), { originCallId: waiting });
  const ringing = await spokenCall(agent.id, 400);
  const dialled = await world.book(agent, world.person(), { originCallId: ringing });
  await world.dial(dialled.callback.id);
  await world.database.sql`update callback set updated_at = now() - interval '400 days',
    due_at = now() - interval '400 days'`;

  expect(await purgeBatch(world.database, RETENTION)).toEqual({ calls: 0, callbacks: 0, keys: 0 });
  expect((await world.store.find(callback.id))?.reason).toBe('the invoice');
});

test('a call that lives is not touched, however long ago it began', async () => {
  const agent = await world.agent();
  const id = await world.inboundCall(agent.id, world.person(), null);
  await world.database.sql`update call set started_at = now() - interval '400 days' where id = ${id}::uuid`;
  expect(await purgeBatch(world.database, RETENTION)).toMatchObject({ calls: 0 });
});

test('while one replica erases, another leaves it to that one', async () => {
  const agent = await world.agent();
  await spokenCall(agent.id, 91);
  await world.database.transaction(async (orm) => {
    await orm.execute('select pg_advisory_xact_lock(7302114001)');
    expect(await purgeBatch(world.database, RETENTION)).toBeUndefined();
  });
  expect(await purgeBatch(world.database, RETENTION)).toMatchObject({ calls: 1 });
});

test('all files of an erased call go, of every replica that recorded a part, and no other file', async () => {
  const agent = await world.agent();
  const old = await spokenCall(agent.id, 91);
  const young = await spokenCall(agent.id, 1);
  const now = Temporal.Now.instant();
  const kept = [newFileName(young, now), 'notes.txt', newFileName('gone', now), `${old}.wav`];
  const erased = [
    newFileName(old, now),
    newFileName(old, now),
    newFileName('of-nobody', now.subtract({ hours: 91 * 24 })),
  ];
  for (const name of [...kept, ...erased]) await writeFile(join(folder.path, name), 'x');

  const lines = await oneRound(90);

  expect((await readdir(folder.path)).toSorted()).toEqual(kept.toSorted());
  expect(lines.at(-1)?.fields).toEqual({ calls: 1, callbacks: 0, files: 3 });
});

test('files that a crash left behind the erased rows go with the next round', async () => {
  const agent = await world.agent();
  const old = await spokenCall(agent.id, 91);
  await purgeBatch(world.database, RETENTION);
  await writeFile(join(folder.path, newFileName(old, Temporal.Now.instant())), 'x');
  await oneRound(90);
  expect(await readdir(folder.path)).toEqual([]);
});

test('a round erases in small batches until nothing old is left', async () => {
  const agent = await world.agent();
  for (let calls = 0; calls < 5; calls += 1) await spokenCall(agent.id, 91);
  const lines = await oneRound(90, { batch: 2 });
  expect(lines.at(-1)?.fields).toMatchObject({ calls: 5 });
});

test('with RETENTION_DAYS=0 a call is erased once its last writes have had their time', async () => {
  const agent = await world.agent();
  const justNow = await world.inboundCall(agent.id, world.person(), 60);
  const over = await world.inboundCall(agent.id, world.person(), 3_600);
  await oneRound(0);
  const records = openCallRecords({ database: world.database, onLostHint: () => undefined });
  expect((await records.find(justNow))?.purgedAt).toBeNull();
  expect((await records.find(over))?.purgedAt).not.toBeNull();
});
