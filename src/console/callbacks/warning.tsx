import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';

/** Why a callback waits, or will fail unless somebody acts; with the way to the cure where it is a number's switch. */
export function Warning({ text }: { text: string }) {
  const aboutNumbers = /outbound/i.test(text);
  return (
    <Text size="xs" className="rb-warning" component="div">
      <IconAlertTriangle size={14} aria-hidden />
      <span className="rb-free-text">
        <span className="rb-visually-hidden">Warning: </span>
        {text}
        {aboutNumbers && (
          <>
            {' '}
            <Link to="/phone-numbers" onClick={(event) => event.stopPropagation()}>
              Phone numbers
            </Link>
          </>
        )}
      </span>
    </Text>
  );
}
