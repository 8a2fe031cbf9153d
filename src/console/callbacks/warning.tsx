import { Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { Cure } from './cure.tsx';

/** Why a callback waits, or will fail unless somebody acts; with the way to the cure. Nothing where there is no warning. */
export function Warning({ callback }: { callback: CallbackWire }) {
  if (callback.warning === null) return null;
  return (
    <Text size="xs" className="rb-warning" component="div">
      <IconAlertTriangle size={14} aria-hidden />
      <span className="rb-free-text">
        <span className="rb-visually-hidden">Warning: </span>
        {callback.warning} <Cure callback={callback} />
      </span>
    </Text>
  );
}
