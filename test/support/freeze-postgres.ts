import { readFile, readdir } from 'node:fs/promises';

/**
 * Freezes a Postgres on this machine: the postmaster and each of its processes stop where they are, as on a host that
 * hangs. The kernel still takes connections for it. Linux only. Whoever freezes it disposes, which thaws it.
 */
export async function freezePostgres(postmasterPid: number): Promise<Disposable> {
  // The postmaster first, so that no child is missed.
  const frozen = [postmasterPid];
  process.kill(postmasterPid, 'SIGSTOP');
  for (const pid of await childrenOf(postmasterPid)) {
    process.kill(pid, 'SIGSTOP');
    frozen.push(pid);
  }
  return {
    [Symbol.dispose]() {
      for (const pid of frozen.splice(0).toReversed()) process.kill(pid, 'SIGCONT');
    },
  };
}

/** The processes whose parent is `pid`. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (Number(parent) === pid) children.push(Number(entry));
  }
  return children;
}
