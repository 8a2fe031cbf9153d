/** A file name is the call's id, when it was begun (UTC), and six random characters: `CALL.20261124T120000123Z.4f2k9c.wav`. */
const pattern = /^([A-Za-z0-9_-]{1,64})\.(\d{8}T\d{9}Z)\.([a-z0-9]{6})\.wav$/;

/**
 * A name that nobody else has: no replica can write into the file of another, or of an earlier process, and no disk has
 * to be asked for it. The names of one call sort by time.
 */
export function newFileName(callId: string, begun: Temporal.Instant, random: () => number = Math.random): string {
  const call = callId.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, 64) || '_';
  const time = begun.toString({ smallestUnit: 'millisecond' }).replaceAll(/[-:.]/g, '');
  const tail = Array.from({ length: 6 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${call}.${time}.${tail}.wav`;
}

/** The call's part of a name of ours; undefined for every other name, one with a folder in it too. */
export function callOfFileName(file: string): string | undefined {
  return pattern.exec(file)?.[1];
}
