import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ToSibling } from '../../../src/processes/messages.ts';
import { Supervisor, type Sibling, type SiblingEvents } from '../../../src/processes/supervisor.ts';
import { quietLog } from '../../support/quiet-log.ts';
import { SimClock } from '../../support/sim-clock.ts';

/** A process that does what the test says. */
class FakeSibling implements Sibling {
  readonly pid: number;
  readonly heard: ToSibling[] = [];
  readonly #events: SiblingEvents;
  isOver = false;
  standsStill = false;

  constructor(pid: number, events: SiblingEvents) {
    this.pid = pid;
    this.#events = events;
  }

  get commands(): string[] {
    return this.heard.map(({ type }) => type);
  }

  send(message: ToSibling): void {
    if (message.type === 'ping' && !this.standsStill) return this.#events.onMessage({ type: 'pong', id: message.id });
    this.heard.push(message);
    if (message.type === 'figures') this.#events.onMessage({ ...message, text: `# HELP a b\na ${this.pid}\n` });
  }

  hello(): void {
    this.#events.onMessage({ type: 'hello' });
  }

  ask(id: number, what: 'database' | 'figures'): void {
    this.#events.onMessage({ type: 'ask', id, what });
  }

  fails(fault: string): void {
    this.#events.onMessage({ type: 'failed', fault });
  }

  exit(code: number | null = 0, signal: string | null = null): void {
    this.isOver = true;
    this.#events.onExit(code, signal);
  }

  kill(): void {
    this.exit(null, 'SIGKILL');
  }
}

let clock: SimClock;
let started: FakeSibling[];
let database: () => Promise<string>;

beforeEach(() => {
  clock = new SimClock();
  started = [];
  database = async () => 'postgres://here';
});

afterEach(() => {
  expect(clock.pending).toBe(0);
  expect(started.every(({ isOver }) => isOver)).toBe(true);
});

function open(processes: number): Supervisor {
  const start = (events: SiblingEvents): Sibling => {
    const sibling = new FakeSibling(started.length + 1, events);
    started.push(sibling);
    return sibling;
  };
  return new Supervisor({ processes, start, databaseUrl: () => database(), clock, log: quietLog() });
}

function sibling(index: number): FakeSibling {
  const found = started[index];
  if (found === undefined) throw new Error(`no process ${index} was started`);
  return found;
}

describe('the supervisor of several processes', () => {
  test('starts all of them, and one alone prints the link', async () => {
    await using supervisor = open(3);
    for (const one of started) one.hello();
    expect(started.map(({ heard }) => heard)).toEqual([
      [{ type: 'begin', number: 1, printsLink: true }],
      [{ type: 'begin', number: 2, printsLink: false }],
      [{ type: 'begin', number: 3, printsLink: false }],
    ]);
    const drained = supervisor.drain(1_000);
    for (const one of started) one.exit();
    await drained;
  });

  test('starts a dead one again, with the same number, and leaves the others alone', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    sibling(1).exit(null, 'SIGKILL');
    await clock.advance(250);
    expect(started).toHaveLength(3);
    sibling(2).hello();
    expect(sibling(2).heard).toEqual([{ type: 'begin', number: 2, printsLink: false }]);
    expect(sibling(0).commands).toEqual(['begin']);
    const drained = supervisor.drain(1_000);
    sibling(0).exit();
    sibling(2).exit();
    await drained;
  });

  test('one that dies at every start is started ever more slowly, and for ever', async () => {
    await using _supervisor = open(1);
    const waits: number[] = [];
    for (let death = 0; death < 10; death += 1) {
      const count = started.length;
      sibling(count - 1).exit(1);
      const fromMs = clock.nowMs();
      while (started.length === count) await clock.advance(50);
      waits.push(clock.nowMs() - fromMs);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    // One that has worked for a while died of something else.
    sibling(started.length - 1).hello();
    await clock.advance(60_000);
    sibling(started.length - 1).exit(1);
    await clock.advance(250);
    expect(started).toHaveLength(12);
    sibling(11).exit();
  });

  test('a fault that a start would not cure ends all of them, in its own words', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    sibling(1).fails('the database is newer');
    await expect(supervisor.failed).rejects.toThrow('the database is newer');
    const closed = supervisor[Symbol.asyncDispose]();
    expect(started.map((one) => one.commands.at(-1))).toEqual(['hurry', 'hurry']);
    for (const one of started) one.exit(1);
    await closed;
  });

  test('gives all of them the one database that it brings along', async () => {
    await using _supervisor = open(1);
    sibling(0).hello();
    sibling(0).ask(7, 'database');
    await clock.advance(0);
    expect(sibling(0).heard.at(-1)).toEqual({ type: 'answer', id: 7, value: 'postgres://here' });
    database = async () => {
      throw new Error('not now');
    };
    sibling(0).ask(8, 'database');
    await clock.advance(0);
    expect(sibling(0).heard.at(-1)).toEqual({ type: 'answer', id: 8, value: null });
    sibling(0).exit();
  });

  test('gives the figures of all, without those that do not answer in time', async () => {
    await using _supervisor = open(3);
    sibling(0).hello();
    sibling(1).hello();
    // It hears, and says nothing.
    sibling(1).send = () => undefined;
    sibling(0).ask(1, 'figures');
    await clock.advance(2_000);
    const answer = sibling(0).heard.at(-1);
    const text = answer?.type === 'answer' ? answer.value : null;
    expect(text?.split('\n').filter((line) => !line.startsWith('#'))).toEqual([
      'a{process="1"} 1',
      'ringback_process_up{process="1"} 1',
      'ringback_process_up{process="2"} 0',
      'ringback_process_up{process="3"} 0',
      '',
    ]);
    for (const one of started) one.exit();
  });

  test('waits for calls as long as it may, then kills what does not end', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    const drained = supervisor.drain(10_000);
    expect(started.map((one) => one.commands.at(-1))).toEqual(['drain', 'drain']);
    sibling(0).exit();
    await clock.advance(39_900);
    expect(sibling(1).isOver).toBe(false);
    await clock.advance(200);
    await drained;
    expect(sibling(1).isOver).toBe(true);
  });

  test('one that stands still while they drain is not waited for', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    sibling(1).standsStill = true;
    const drained = supervisor.drain(600_000);
    await clock.advance(10_000 + 30_100);
    expect(sibling(1).isOver).toBe(true);
    expect(sibling(0).isOver).toBe(false);
    sibling(0).exit();
    await drained;
    expect(started).toHaveLength(2);
  });

  test('a second sign ends them without waiting for calls, and none is started again', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    const drained = supervisor.drain(600_000);
    const hurried = supervisor.hurry();
    expect(started.map((one) => one.commands)).toEqual([
      ['begin', 'drain', 'hurry'],
      ['begin', 'drain', 'hurry'],
    ]);
    sibling(0).exit(null, 'SIGSEGV');
    sibling(1).exit();
    await Promise.all([drained, hurried]);
    await clock.advance(60_000);
    expect(started).toHaveLength(2);
  });

  test('one that stands still for half a minute is killed and started again, and no other', async () => {
    await using supervisor = open(2);
    for (const one of started) one.hello();
    await clock.advance(120_000);
    expect(started).toHaveLength(2);
    sibling(1).standsStill = true;
    await clock.advance(10_000 + 29_900);
    expect(sibling(1).isOver).toBe(false);
    await clock.advance(10_100);
    expect(sibling(1).isOver).toBe(true);
    expect(sibling(0).isOver).toBe(false);
    expect(started).toHaveLength(3);
    sibling(2).hello();
    // It is not taken for the one before it.
    await clock.advance(120_000);
    expect(started).toHaveLength(3);
    const drained = supervisor.drain(1_000);
    sibling(0).exit();
    sibling(2).exit();
    await drained;
  });

  test('one that never says hello is killed after a minute and started again', async () => {
    await using supervisor = open(2);
    sibling(0).hello();
    await clock.advance(59_900);
    expect(started).toHaveLength(2);
    await clock.advance(500);
    expect(sibling(1).isOver).toBe(true);
    expect(sibling(0).isOver).toBe(false);
    expect(started).toHaveLength(3);
    sibling(2).hello();
    await clock.advance(120_000);
    expect(started).toHaveLength(3);
    const drained = supervisor.drain(1_000);
    sibling(0).exit();
    sibling(2).exit();
    await drained;
  });

  test('one that still starts when all are to end is not waited for', async () => {
    await using supervisor = open(2);
    sibling(0).hello();
    const drained = supervisor.drain(1_000);
    expect(sibling(1).isOver).toBe(true);
    sibling(0).exit();
    await drained;
  });

  test('one that waits to be started again when all are to end never is', async () => {
    await using supervisor = open(1);
    sibling(0).exit(1);
    await supervisor.drain(1_000);
    await clock.advance(60_000);
    expect(started).toHaveLength(1);
  });
});
