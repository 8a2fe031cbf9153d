import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { runAs } from './run.ts';
import { systemCode, unless } from './files.ts';

/** The space in which a process id means something: this boot of this machine, this container. */
export interface PidSpace {
  readonly host: string;
  readonly boot: string;
  readonly namespace: string;
}

/** In which numbering of processes this one lives: a pid means nothing on another host, boot or in another container. */
export async function ownPidSpace(): Promise<PidSpace> {
  const boot = await unless(['ENOENT', 'EACCES'], readFile('/proc/sys/kernel/random/boot_id', 'utf8'));
  const namespace = await unless(['ENOENT', 'EACCES'], readlink('/proc/self/ns/pid'));
  return { host: hostname(), boot: boot?.trim() ?? '', namespace: namespace ?? '' };
}

/** True while a process with this id exists; it may be another one than meant, see `birthOf`. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, and it is not ours to signal.
    return systemCode(error) === 'EPERM';
  }
}

/**
 * What tells this process from a later one with the same id: when it was born. Undefined when it is gone.
 *
 * Linux: field 22 of /proc/PID/stat (proc(5)), counted after the last `)` because the name may hold anything.
 */
export async function birthOf(pid: number, signal: AbortSignal): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await unless(['ENOENT', 'ESRCH'], readFile(`/proc/${pid}/stat`, 'utf8'));
    if (stat !== undefined) {
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // A zombie has ended; only its parent has not looked yet.
      return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
    }
  }
  if (!isAlive(pid)) return undefined;
  if (process.platform === 'win32') return '';
  const { code, output } = await runAs(undefined, 'ps', ['-o', 'lstart=', '-p', String(pid)], signal);
  return code === 0 ? output.trim() : undefined;
}

/** The command line of a process; empty when it cannot be read. */
export async function commandOf(pid: number, signal: AbortSignal): Promise<string> {
  if (process.platform === 'linux')
    return (
      (await unless(['ENOENT', 'ESRCH', 'EACCES'], readFile(`/proc/${pid}/cmdline`, 'utf8')))?.replaceAll('\0', ' ') ??
      ''
    );
  if (process.platform === 'win32') return '';
  return (await runAs(undefined, 'ps', ['-o', 'command=', '-p', String(pid)], signal)).output;
}
