import { expect, test } from 'vitest';
import {
  FAILOVER_REASON,
  judgeIdentity,
  type DatabaseIdentity,
  type IdentityRecord,
} from '../../../src/domain/database-identity.ts';

const here: DatabaseIdentity = { systemIdentifier: '7', databaseOid: '16', timeline: 4, serverStart: '100.5' };
const record: IdentityRecord = {
  installation: 'ours',
  epoch: 50,
  known: { systemIdentifier: '7', databaseOid: '16', timeline: 4 },
  looked: { databaseOid: '16', serverStart: '100.5' },
};
const memory = { installation: 'ours', epoch: 49, systemIdentifier: '7', databaseOid: '16' };

function judge(over: Partial<Parameters<typeof judgeIdentity>[0]> = {}) {
  return judgeIdentity({
    record,
    identity: here,
    remembered: [memory],
    sureUntilMs: 1_000,
    newInstallation: 'new',
    ...over,
  });
}

test('a database that is as it was is left as it is', () => {
  expect(judge()).toEqual({ record, hold: null });
  expect(judge({ identity: { ...here, serverStart: '200' } })).toEqual({
    record: { ...record, looked: { databaseOid: '16', serverStart: '200' } },
    hold: null,
  });
});

test.each([
  ['in another cluster', { identity: { ...here, systemIdentifier: '8' } }, /restored or copied/],
  ['another database of the cluster', { identity: { ...here, databaseOid: '17' } }, /restored or copied/],
  ['elsewhere, and on a later timeline', { identity: { ...here, systemIdentifier: '8', timeline: 9 } }, /copied/],
  ['earlier than a replica remembers', { remembered: [{ ...memory, epoch: 51 }] }, /remembers a later state/],
  ['on an earlier timeline', { identity: { ...here, timeline: 3 } }, /restored/],
  ['without a record, where one is remembered', { record: undefined }, /remembers/],
])('%s: it is held until an operator releases it', (_what, over, why) => {
  const { record: after, hold } = judge(over);
  expect(hold).toMatch(why);
  expect(after.strange).toBe(hold);
  // The next look, by another replica with no memory, finds the same.
  expect(judge({ ...over, record: after, remembered: [] }).hold).toBe(hold);
});

test('a database that is met for the first time is written down, and a memory of another one says nothing', () => {
  const other = { ...memory, installation: 'theirs', epoch: 900, systemIdentifier: '9' };
  expect(judge({ record: undefined, remembered: [other] })).toEqual({
    record: {
      installation: 'new',
      epoch: 1,
      known: record.known,
      looked: record.looked,
    },
    hold: null,
  });
  expect(judge({ remembered: [other] }).hold).toBeNull();
});

test('after a release the next look takes what it finds', () => {
  const released = { ...record, known: null, installation: 'renewed', epoch: 1 };
  expect(judge({ record: released, identity: { ...here, systemIdentifier: '8' } })).toMatchObject({
    record: { known: { systemIdentifier: '8' } },
    hold: null,
  });
});

test('only the timeline rose: a failover, which is matched from the earliest time that is in doubt', () => {
  const first = judge({ identity: { ...here, timeline: 5 } });
  expect(first.hold).toBe(FAILOVER_REASON);
  expect(first.record).toMatchObject({ known: { timeline: 5 }, failover: { sureUntilMs: 1_000, workUntilMs: 0 } });
  const second = judge({ record: first.record, identity: { ...here, timeline: 6 }, sureUntilMs: 5_000 });
  expect(second.record.failover?.sureUntilMs).toBe(1_000);
  // Another look at the same server does not begin it anew.
  expect(judge({ record: first.record, identity: { ...here, timeline: 5 } })).toEqual({
    record: first.record,
    hold: null,
  });
});

test('what a role may not read says nothing, and what was read once stays known', () => {
  const poor = { ...here, systemIdentifier: null, timeline: null };
  expect(judge({ identity: poor })).toEqual({ record, hold: null });
  expect(judge({ record: { ...record, known: { ...poor } } }).record.known).toEqual(record.known);
});
