import { randomUUID } from 'node:crypto';

/** A file name is the call's id, when it was begun (UTC), and eight random digits: `CALL.20261124T120000123Z.4f2a9c01.wav`. */
const pattern = /^([A-Za-z0-9_-]{1,64})\.(\d{8}T\d{9}Z)\.([0-9a-f]{8})\.wav$/;

/**
 * A name that nobody else has: no replica can write into the file of another, or of an earlier process, and no disk has
 * to be asked for it. The names of one call sort by time.
 */
export function newFileName(callId: string, begun: Temporal.Instant, chance: string = randomUUID()): string {
  const call = callId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || '_';
  const time = begun.toString({ smallestUnit: 'millisecond' }).replaceAll(/[-:.]/g, '');
  return `${call}.${time}.${chance.slice(0, 8)}.wav`;
}

/** The call's part of a name of ours; undefined for every other name, one with a folder in it too. */
export function callOfFileName(file: string): string | undefined {
  return pattern.exec(file)?.[1];
}

/** When a file of ours was begun, by its name; undefined for every other name. */
export function begunOfFileName(file: string): Temporal.Instant | undefined {
  const begun = pattern.exec(file)?.[2];
  if (begun === undefined) return undefined;
  try {
    return Temporal.Instant.from(begun.replace(/(\d{3})Z$/, '.$1Z'));
  } catch (error) {
    // Digits that are no time, such as a 13th month: nobody but a person can have named it so.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
