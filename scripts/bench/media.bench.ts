import { setTimeout as sleep } from 'node:timers/promises';
import { openFolder } from '../../test/support/folder.ts';
import { defineBench, type Row } from './bench.ts';
import { startBenchChild } from './child.ts';
import { watchCpu } from './cpu.ts';
import { openBenchServer, type BenchServer } from './database.ts';
import { round } from './figures.ts';
import { compare, type Side } from './measure.ts';

/** Calls at once; the largest step whose frames still reach the STT in time is what a core holds. */
const STEPS = [20, 60, 120, 180, 240, 300];
const HELD_MS = 20;
const TURN_MS = 6_000;
/** The notice and the greeting are said before anybody is measured. */
const WARM_MS = 8_000;

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

export default defineBench({
  title: `Calls with whole turns, recorded and stored: what the gateway adds (held: frame to STT p99 below ${HELD_MS} ms)`,
  async run(options) {
    await using server = await openBenchServer();
    const rows: Row[] = [];
    for (const calls of STEPS.slice(0, options.size + 1)) {
      const sides: Side[] = [
        { name: 'floor', run: () => talk(server, 'turn-floor.ts', calls) },
        { name: 'ringback', run: () => talk(server, 'gateway.ts', calls) },
      ];
      rows.push(...(await compare(sides, options)).map((row) => ({ calls, ...row })));
    }
    return rows;
  },
});

async function talk(server: BenchServer, file: string, calls: number): Promise<Row> {
  await using database = await server.fresh();
  await using folder = await openFolder();
  await using load = await startBenchChild('media-load.ts', {}, 'others');
  const vendorsUrl = await load.ask<string>('vendorsUrl');
  const settings = { vendorsUrl, databaseUrl: database.url, dataDir: folder.path };
  await using gateway = await startBenchChild(file, settings, 'measured');
  const [address, publicUrl] = [await gateway.ask<string>('address'), await gateway.ask<string>('publicUrl')];
  const idleMb = await gateway.ask<number>('memoryMb');
  await load.ask('connect', { count: calls, address, publicUrl });
  await sleep(WARM_MS);
  const forMs = 2 * TURN_MS;
  const watch = watchCpu();
  const startedMs = performance.now();
  const talked = await load.ask<Talked>('talk', { forMs, turnMs: TURN_MS });
  const tookS = (performance.now() - startedMs) / 1_000;
  const cpu = (watch.secondsOf(gateway.pid) / tookS) * 100;
  return {
    open: talked.open,
    turns: talked.turns,
    answered: talked.answered,
    'turn p50 ms': round(talked.turnP50),
    'turn p99 ms': round(talked.turnP99),
    'frame p50 ms': round(talked.frameP50),
    'frame p99 ms': round(talked.frameP99),
    held: talked.frameP99 < HELD_MS && talked.open === calls ? 'yes' : 'no',
    'CPU % per call': round(cpu / calls, 3),
    'MB per call': round(((await gateway.ask<number>('memoryMb')) - idleMb) / calls),
    'load late p99 ms': round(talked.loadLateP99),
  };
}
