import { Text } from '@mantine/core';
import { ownLine } from '../softphone/line.ts';

/** A number as people read it: a browser's line by its first letters. */
export function numberWords(number: string | null): string {
  if (number === null) return 'Hidden number';
  if (number === ownLine()) return 'This browser';
  if (number === 'browser:ringback') return 'Browser softphone';
  return number.startsWith('browser:') ? `Browser ${number.slice('browser:'.length, 'browser:'.length + 5)}` : number;
}

/** Whom it is about: the name over the number, or the number alone. */
export function Person({ name, number }: { name: string | null; number: string | null }) {
  const words = numberWords(number);
  return (
    <span className="rb-person">
      <Text span fw={600} size="sm" className="rb-free-text rb-clamp">
        {name ?? words}
      </Text>
      {name !== null && (
        <Text span size="xs" c="dimmed" className="rb-numbers" display="block">
          {words}
        </Text>
      )}
    </span>
  );
}
