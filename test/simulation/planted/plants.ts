import type { ReplicaParts } from '../world/replica.ts';

export type PlantName = keyof typeof plants;
type Plant = (parts: ReplicaParts) => ReplicaParts;

const plants = {
  none: (parts) => parts,
} as const satisfies Record<string, Plant>;

export function plantOf(name: PlantName): Plant {
  return plants[name];
}
