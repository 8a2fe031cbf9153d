import { setTimeout as sleep } from 'node:timers/promises';
import { openFolder } from '../../test/support/folder.ts';
import type { Row } from './bench.ts';
import { startBenchChild, type BenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import type { BenchDatabase, BenchServer } from './database.ts';
import { round } from './figures.ts';

/** Who holds the calls: the bare turn server, or the whole product, which records and stores. */
export type Holder = 'floor' | 'ringback';

const FILES = { floor: 'turn-floor.ts', ringback: 'gateway.ts' } as const;
/** Loud frames after which each takes a noise for a voice: by design, and not counted. */
const ONSET_FRAMES = { floor: 1, ringback: 3 } as const;
const TURN_MS = 6_000;
/** The notice and the greeting are said before anybody is measured. */
const WARM_MS = 8_000;
/** They load code, fill pools and grow the heap. */
const FIRST_CALLS = 10;
/** From the start of the second half to the moment at which callbacks are due, in the midst of the speeches. */
const DUE_AFTER_MS = 6_000;
/** To start a gateway, ring so many telephones and warm up twice. */
const PREPARE_MS = 40_000;
const RING_MS = 60;

/** A holder with telephones, vendors and a database of its own, in processes of their own. */
export interface MediaRig extends AsyncDisposable {
  readonly gateway: BenchChild;
  readonly load: BenchChild;
  readonly address: string;
  readonly publicUrl: string;
}

/** `prepare` runs before the holder starts. Whoever opens it disposes it. */
export async function openMediaRig(
  server: BenchServer,
  holder: Holder,
  prepare: (database: BenchDatabase) => Promise<void> = async () => undefined,
): Promise<MediaRig> {
  await using opened = new AsyncDisposableStack();
  const database = opened.use(await server.fresh());
  await database.sql`update agent set recording = 'on'`;
  await prepare(database);
  const folder = opened.use(await openFolder());
  const load = opened.use(await startBenchChild('media-load.ts', {}, 'others'));
  const vendorsUrl = await load.ask<string>('vendorsUrl');
  const settings = { vendorsUrl, databaseUrl: database.url, dataDir: folder.path };
  const gateway = opened.use(await startBenchChild(FILES[holder], settings, 'measured'));
  const [address, publicUrl] = [await gateway.ask<string>('address'), await gateway.ask<string>('publicUrl')];
  const owned = opened.move();
  return { gateway, load, address, publicUrl, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

interface Connected {
  readonly taken: number;
  /** Of the holder with its first calls: what the rest added is theirs, and no code that is loaded once. */
  readonly firstMb: number;
}

/** Rings so many telephones, the first ones ahead of the others, and lets them settle. */
export async function connectCalls(rig: MediaRig, count: number): Promise<Connected> {
  const { gateway, load, address, publicUrl } = rig;
  const first = await load.ask<number>('connect', { count: FIRST_CALLS, address, publicUrl });
  await sleep(WARM_MS);
  await load.ask('talk', { forMs: TURN_MS, turnMs: TURN_MS });
  const firstMb = await gateway.ask<number>('memoryMb');
  const rest = await load.ask<number>('connect', { count: count - FIRST_CALLS, address, publicUrl });
  await sleep(WARM_MS);
  return { taken: first + rest, firstMb };
}

interface Talked {
  readonly open: number;
  readonly turns: number;
  readonly answered: number;
  readonly frameP50: number;
  readonly frameP99: number;
  readonly turnP50: number;
  readonly turnP99: number;
  readonly loadLateP99: number;
}

/** Whole turns, one every six seconds in each call: what the gateway adds to them and to a frame, and what it costs. */
export async function talk(rig: MediaRig, forMs: number, firstMb: number): Promise<Row> {
  const watch = watchCpu();
  const startedMs = performance.now();
  const talked = await rig.load.ask<Talked>('talk', { forMs, turnMs: TURN_MS });
  const tookS = (performance.now() - startedMs) / 1_000;
  const cpu = (watch.secondsOf(rig.gateway.pid) / tookS) * 100;
  const usedMb = (await rig.gateway.ask<number>('memoryMb')) - firstMb;
  return {
    open: talked.open,
    turns: talked.turns,
    answered: talked.answered,
    'turn p50 ms': round(talked.turnP50),
    'turn p99 ms': round(talked.turnP99),
    'frame p50 ms': round(talked.frameP50),
    'frame p99 ms': round(talked.frameP99),
    'CPU % per call': round(cpu / talked.open, 3),
    'MB per call': round(usedMb / (talked.open - FIRST_CALLS)),
    'load late p99 ms': round(talked.loadLateP99),
  };
}

interface Interrupted {
  readonly open: number;
  readonly jitterP99: number;
  readonly unevenShare: number;
  readonly realTime: number;
  readonly voices: number;
  readonly voiceP50: number;
  readonly voiceP99: number;
  readonly words: number;
  readonly wordsP50: number;
  readonly wordsP99: number;
  readonly frameP99: number;
  readonly loadLateP99: number;
  readonly dialled: number;
}

/** The agent speaks in all calls at once, and is interrupted in each: how evenly it speaks, and how soon it stops. */
export async function interrupt(rig: MediaRig, holder: Holder, rounds: number): Promise<Row> {
  const heard = await rig.load.ask<Interrupted>('interrupt', { rounds, onsetFrames: ONSET_FRAMES[holder] });
  return {
    'speaking: open': heard.open,
    'real-time factor': round(heard.realTime, 5),
    'jitter p99 ms': round(heard.jitterP99),
    'uneven %': round(heard.unevenShare * 100),
    'stops by voice': heard.voices,
    'voice to clear p50 ms': round(heard.voiceP50),
    'voice to clear p99 ms': round(heard.voiceP99),
    'stops by words': heard.words,
    'words to clear p50 ms': round(heard.wordsP50),
    'words to clear p99 ms': round(heard.wordsP99),
    'speaking: frame p99 ms': round(heard.frameP99),
    'speaking: load late p99 ms': round(heard.loadLateP99),
    dialled: heard.dialled,
  };
}

/** One whole run of a holder. */
export async function holdCalls(server: BenchServer, holder: Holder, calls: number, rounds: number): Promise<Row> {
  await using rig = await openMediaRig(server, holder);
  const { taken, firstMb } = await connectCalls(rig, calls);
  const talked = await talk(rig, 2 * TURN_MS, firstMb);
  return { calls, taken, ...talked, ...(rounds > 0 ? await interrupt(rig, holder, rounds) : {}) };
}

/** The speeches alone, with so many callbacks due in the midst of them, which the same process dials. */
export async function holdCallsWhileDue(server: BenchServer, calls: number, due: number): Promise<Row> {
  let dueAtMs = 0;
  await using rig = await openMediaRig(server, 'ringback', async (database) => {
    await database.sql`update phone_number set carrier = 'twilio', number = '+13105550199' where carrier = 'fake'`;
    const inMs = PREPARE_MS + calls * RING_MS;
    dueAtMs = performance.now() + inMs;
    const at = (await database.nowMs()) + inMs;
    await database.insertCallbacks(
      Array.from({ length: due }, () => at),
      (index) => `+1212${2_000_000 + index}`,
    );
  });
  const { taken } = await connectCalls(rig, calls);
  await sleep(Math.max(0, dueAtMs - DUE_AFTER_MS - performance.now()));
  return { calls, taken, ...(await interrupt(rig, 'ringback', 1)) };
}
