import { afterAll, expect, test } from 'vitest';
import { SeedPlayers, seedsFrom } from '../run-seeds.ts';
import { plantNames, type PlantName } from './plants.ts';

/** Seeds that a bug is given to show itself in. */
const MOST_SEEDS = 400;

const players = new SeedPlayers(2);
afterAll(() => players[Symbol.asyncDispose]());

async function caught(plant: PlantName): Promise<string | null> {
  let violation: string | null = null;
  await players.play({
    seeds: seedsFrom(1, MOST_SEEDS),
    plant,
    onOutcome(outcome) {
      violation ??= outcome.violation;
      return violation === null;
    },
  });
  return violation;
}

/*
 * The counter-tests of the simulation: a bug on purpose, and a referee who sees it.
 */
test.each(plantNames)('a product in which %s is caught', async (plant) => {
  expect(await caught(plant), `nobody noticed in ${MOST_SEEDS} seeds`).not.toBeNull();
});
