import { expect, test } from 'vitest';
import { EventParser } from '../../../src/console/api/event-parser.ts';

const stream = 'retry: 1000\n\n: beat\n\nid: 7\nevent: call.turn\ndata: {"a":1}\n\nevent: reset\ndata: {}\n\n';
const events = [
  { id: '7', type: 'call.turn', data: '{"a":1}' },
  // An event without an id keeps the last one: that is where to resume.
  { id: '7', type: 'reset', data: '{}' },
];

test('events come out the same however the network cuts the stream', () => {
  for (let size = 1; size <= stream.length; size += 1) {
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < stream.length; at += size) found.push(...parser.push(stream.slice(at, at + size)));
    expect(found, `in pieces of ${size}`).toEqual(events);
  }
});

test('CRLF, several data lines and a comment alone are read as the standard says', () => {
  expect(new EventParser().push('data: a\r\ndata: b\r\n\r\n:\r\n\r\ndata\r\n\r\n')).toEqual([
    { id: null, type: 'message', data: 'a\nb' },
  ]);
});

test('a line that never ends is given up', () => {
  expect(() => new EventParser().push('x'.repeat(2_000_001))).toThrow(RangeError);
});
