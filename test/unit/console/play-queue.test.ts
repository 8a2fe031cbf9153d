import { expect, test } from 'vitest';
import { PlayQueue } from '../../../src/console/softphone/audio/play-queue.ts';

test('sound begins once enough of it is there, and then without a gap', () => {
  const { queue, pull } = open();
  queue.pushAudio(samples(1, 6));
  expect(pull(4)).toEqual([0, 0, 0, 0]);
  queue.pushAudio(samples(2, 6));
  expect(pull(4)).toEqual([1, 1, 1, 1]);
  expect(pull(4)).toEqual([1, 1, 2, 2]);
});

test('the short end of an utterance is played too, after a wait', () => {
  const { queue, pull } = open();
  queue.pushAudio(samples(3, 2));
  expect([...pull(4), ...pull(4), ...pull(4)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0]);
});

test('a mark is reported when all before it has been played, and not earlier', () => {
  const { queue, pull, marks } = open();
  queue.pushAudio(samples(1, 10));
  queue.pushMark('one');
  queue.pushAudio(samples(2, 4));
  queue.pushMark('two');
  pull(8);
  expect(marks).toEqual([]);
  pull(4);
  expect(marks).toEqual(['one']);
  pull(2);
  expect(marks).toEqual(['one', 'two']);
});

test('a mark with nothing before it is reported at the next pull', () => {
  const { queue, pull, marks } = open();
  queue.pushMark('alone');
  pull(4);
  expect(marks).toEqual(['alone']);
});

test('clear drops what was not played and reports its marks at once, each once', () => {
  const { queue, pull, marks } = open();
  queue.pushAudio(samples(1, 20));
  queue.pushMark('cut off');
  pull(4);
  queue.clear();
  expect(marks).toEqual(['cut off']);
  expect(pull(4)).toEqual([0, 0, 0, 0]);
  expect(marks).toEqual(['cut off']);
});

test('a sender far ahead loses its oldest sound, never a mark', () => {
  const { queue, pull, marks } = open({ mostSamples: 16 });
  queue.pushAudio(samples(1, 10));
  queue.pushMark('kept');
  queue.pushAudio(samples(2, 10));
  expect(pull(4)).toEqual([2, 2, 2, 2]);
  expect(marks).toEqual(['kept']);
});

function open({ mostSamples = 1_000 } = {}) {
  const marks: string[] = [];
  const queue = new PlayQueue({ primeSamples: 10, mostSamples, onMark: (name) => marks.push(name) });
  const pull = (count: number): number[] => {
    const into = new Float32Array(count);
    queue.pull(into);
    return [...into];
  };
  return { queue, pull, marks };
}

function samples(value: number, count: number): Float32Array {
  return new Float32Array(count).fill(value);
}
