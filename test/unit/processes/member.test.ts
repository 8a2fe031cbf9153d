import { expect, test } from 'vitest';
import { Member, type SupervisorChannel } from '../../../src/processes/member.ts';
import type { FromSibling, ToSibling } from '../../../src/processes/messages.ts';
import { SimClock } from '../../support/sim-clock.ts';

/** A channel whose other end is the test. */
function openChannel() {
  const said: FromSibling[] = [];
  let hear: (message: ToSibling) => void = () => undefined;
  let isClosed = false;
  const channel: SupervisorChannel = {
    send: async (message) => void said.push(message),
    listen: (listener) => (hear = listener),
    close: () => (isClosed = true),
  };
  return { channel, said, tell: (message: ToSibling) => hear(message), isClosed: () => isClosed };
}

test('a process says hello, and begins when it is told to', async () => {
  const line = openChannel();
  using member = new Member(line.channel, new SimClock());
  expect(line.said).toEqual([{ type: 'hello' }]);
  line.tell({ type: 'begin', number: 2, printsLink: false });
  expect(await member.begun).toMatchObject({ number: 2, printsLink: false });
});

test('to hurry is to drain without waiting, also where nobody was told to drain before', async () => {
  const line = openChannel();
  using member = new Member(line.channel, new SimClock());
  line.tell({ type: 'hurry' });
  await member.drained;
  await member.hurried;
});

test('a database that the supervisor cannot give is a database that is away', async () => {
  const line = openChannel();
  const clock = new SimClock();
  using member = new Member(line.channel, clock);
  const asked = member.databaseUrl();
  line.tell({ type: 'answer', id: 1, value: 'postgres://there' });
  expect(await asked).toBe('postgres://there');
  const late = member.databaseUrl().catch((error: unknown) => error);
  await clock.advance(120_000);
  expect(await late).toMatchObject({ code: 'database_unavailable' });
  expect(clock.pending).toBe(0);
});

test('it says that it still turns', () => {
  const line = openChannel();
  using _member = new Member(line.channel, new SimClock());
  line.tell({ type: 'ping', id: 3 });
  expect(line.said.at(-1)).toEqual({ type: 'pong', id: 3 });
});

test('it tells its figures when it is asked, and nothing where it has none yet', async () => {
  const line = openChannel();
  const clock = new SimClock();
  using member = new Member(line.channel, clock);
  line.tell({ type: 'figures', id: 1 });
  member.tellsFigures(async () => 'a 1');
  line.tell({ type: 'figures', id: 2 });
  await clock.advance(0);
  expect(line.said).toEqual([{ type: 'hello' }, { type: 'figures', id: 2, text: 'a 1' }]);
});

test('closing it leaves no question waiting', async () => {
  const line = openChannel();
  const clock = new SimClock();
  const member = new Member(line.channel, clock);
  const figures = member.allFigures();
  member[Symbol.dispose]();
  expect(await figures).toBe(null);
  expect(clock.pending).toBe(0);
  expect(line.isClosed()).toBe(true);
});

test('a supervisor that is asked by far too many at once gives some of them nothing', async () => {
  const line = openChannel();
  const clock = new SimClock();
  using member = new Member(line.channel, clock);
  const asked = Array.from({ length: 300 }, () => member.allFigures());
  await clock.advance(0);
  expect(line.said.filter(({ type }) => type === 'ask')).toHaveLength(256);
  await clock.advance(4_000);
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 300 }, () => null));
});
