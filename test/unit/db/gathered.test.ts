import { expect, test } from 'vitest';
import { Gathered } from '../../../db/gathered.ts';

test('what is asked in one turn shares a statement, and each gets the answer to its own question', async () => {
  const statements: (readonly string[])[] = [];
  const gathered = new Gathered<string, string>(async (questions) => {
    statements.push(questions);
    return questions.map((question) => `${question}!`);
  });
  const works = ['a', 'b', 'c'].map(async (name) => [await gathered.ask(name), await gathered.ask(`${name} again`)]);
  expect(await Promise.all(works)).toEqual([
    ['a!', 'a again!'],
    ['b!', 'b again!'],
    ['c!', 'c again!'],
  ]);
  expect(statements).toEqual([
    ['a', 'b', 'c'],
    ['a again', 'b again', 'c again'],
  ]);
});

test('a statement that fails, or leaves one out, fails those that it was asked for and nobody later', async () => {
  let times = 0;
  const gathered = new Gathered<string, string>(async (questions) => {
    times += 1;
    if (times === 1) throw new Error('it broke');
    return times === 2 ? questions.slice(1) : questions;
  });
  const first = await Promise.allSettled([gathered.ask('a'), gathered.ask('b')]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const second = await Promise.allSettled([gathered.ask('a'), gathered.ask('b')]);
  expect(second.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  expect(await gathered.ask('c')).toBe('c');
});
