import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process holds, once its garbage is collected. */
export interface Held {
  readonly heapMb: number;
  /** Memory of buffers, outside of the heap. */
  readonly buffersMb: number;
  readonly rssMb: number;
  /** Open files and sockets; 0 where the system does not tell. */
  readonly descriptors: number;
  /** Sockets, timers and the rest, by Node's own names. */
  readonly resources: Readonly<Record<string, number>>;
}

export function whatIsHeld(): Held {
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) resources[name] = (resources[name] ?? 0) + 1;
  return {
    heapMb: heapUsed / 2 ** 20,
    buffersMb: external / 2 ** 20,
    rssMb: rss / 2 ** 20,
    descriptors: descriptorsOf(),
    resources,
  };
}

let gc: (() => void) | null = null;

/** Also where Node was started without `--expose-gc`. */
function collect(): void {
  if (gc === null) {
    setFlagsFromString('--expose-gc');
    gc = runInNewContext('gc') as () => void;
  }
  gc();
}

function descriptorsOf(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    // No Linux.
    return 0;
  }
}
