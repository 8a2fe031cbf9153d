import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Ticks of /proc in a second, on every Linux that Node runs on. */
const TICKS = 100;

/** Measures from now on; each function answers for the time since then. */
export interface CpuWatch {
  /** The share of the machine (0 to 1) that other programs used; 0 where the system does not tell. */
  foreign(): number;
  /** Seconds of CPU that this process used. */
  secondsOf(pid: number): number;
}

/** A process group of ours is every process that descends from this one. */
export function watchCpu(): CpuWatch {
  const startedAtMs = performance.now();
  const before = look();
  return {
    foreign() {
      const after = look();
      if (before === undefined || after === undefined) return 0;
      let own = 0;
      for (const [pid, ticks] of after.own) own += ticks - (before.own.get(pid) ?? 0);
      const all = ((performance.now() - startedAtMs) / 1_000) * TICKS * cpus().length;
      return Math.max(0, (after.busy - before.busy - own) / all);
    },
    secondsOf(pid) {
      const after = look();
      return ((after?.own.get(pid) ?? 0) - (before?.own.get(pid) ?? 0)) / TICKS;
    },
  };
}

function look(): { busy: number; own: Map<number, number> } | undefined {
  try {
    const [, user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, steal = 0] = (
      readFileSync('/proc/stat', 'latin1').split('\n', 1)[0] ?? ''
    )
      .split(/\s+/)
      .map(Number);
    return { busy: user + nice + system + irq + softIrq + steal, own: ownTicks() };
  } catch {
    return undefined;
  }
}

function ownTicks(): Map<number, number> {
  const parents = new Map<number, { parent: number; ticks: number }>();
  for (const name of readdirSync('/proc')) {
    const read = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (read !== undefined) parents.set(Number(name), read);
  }
  const isOwn = (pid: number): boolean => pid === process.pid || (pid > 1 && isOwn(parents.get(pid)?.parent ?? 0));
  return new Map([...parents].filter(([pid]) => isOwn(pid)).map(([pid, { ticks }]) => [pid, ticks]));
}

function statOf(pid: string): { parent: number; ticks: number } | undefined {
  try {
    const fields = (readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1) ?? '').split(' ').map(Number);
    // After the name: state, parent, … and from the twelfth on: user, system, and those of children that have ended.
    const ticks = (fields[11] ?? 0) + (fields[12] ?? 0) + (fields[13] ?? 0) + (fields[14] ?? 0);
    return { parent: fields[1] ?? 0, ticks };
  } catch {
    // It ended meanwhile.
    return undefined;
  }
}
