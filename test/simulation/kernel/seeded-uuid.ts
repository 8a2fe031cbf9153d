/*
 * Stands for db/uuid.ts in a simulation: the same shape of ids, drawn from the seed, since ids decide orders. See
 * `install.ts`.
 */

let source: { nowMs(): number; bits(): number } = { nowMs: () => 0, bits: () => 0 };

/** Where the ids of the simulation that runs now come from. */
export function drawIdsFrom(next: { nowMs(): number; bits(): number }): void {
  source = next;
}

/** See db/uuid.ts. */
export function uuidv7(nowMs: number = source.nowMs()): string {
  const time = Math.floor(nowMs).toString(16).padStart(12, '0');
  const a = hex(source.bits());
  const b = hex(source.bits());
  const c = hex(source.bits());
  return `${time.slice(0, 8)}-${time.slice(8)}-7${a.slice(0, 3)}-8${a.slice(3, 6)}-${b}${c.slice(0, 4)}`;
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0');
}
