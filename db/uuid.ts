import { randomFillSync } from 'node:crypto';

/** Random bytes in stock: asking for them costs the same however many, and much at once is due together. */
const stock = Buffer.alloc(4_096);
let left = 0;

/**
 * A UUID version 7 (RFC 9562): 48 bits of wall-clock milliseconds, then random bits, so that ids sort roughly by when
 * they were made. The time in it is a sort key and nothing else.
 */
// oxlint-disable-next-line no-restricted-properties -- nothing waits for or compares this time
export function uuidv7(nowMs: number = Temporal.Now.instant().epochMilliseconds): string {
  const bytes = take(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Bytes that nobody was given before; they are the caller's to write into until the next call. */
function take(count: number): Buffer {
  if (left < count) {
    randomFillSync(stock);
    left = stock.length;
  }
  left -= count;
  return stock.subarray(left, left + count);
}
