import { availableParallelism, loadavg } from 'node:os';

/**
 * How many times longer than on a machine with nothing else to do things may take just now, at least 1: twice what waits
 * for each core. For the few promises that are times; whoever runs such a test alone has them as they are promised.
 */
export function slowness(): number {
  const [lastMinute = 0] = loadavg();
  return Math.max(1, (2 * lastMinute) / availableParallelism());
}
