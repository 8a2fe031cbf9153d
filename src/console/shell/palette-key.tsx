import { UnstyledButton, Text, Kbd } from '@mantine/core';
import { useHotkeys, useOs } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';

// Comes along only where somebody asks for it.
const Palette = lazy(() => import('./palette.tsx').then((module) => ({ default: module.Palette })));

/** The way to anything by its name: with a button, and with Ctrl+K or ⌘K wherever one is. */
export function PaletteKey() {
  const [opened, setOpened] = useState(false);
  const os = useOs();
  useHotkeys([['mod+K', () => setOpened((known) => !known)]], []);
  return (
    <>
      <UnstyledButton className="rb-palette-key" onClick={() => setOpened(true)} aria-haspopup="dialog">
        <IconSearch size={16} stroke={1.7} aria-hidden />
        <Text span size="sm" flex={1}>
          Find anything
        </Text>
        <Kbd size="xs" visibleFrom="sm">
          {os === 'macos' || os === 'ios' ? '⌘ K' : 'Ctrl K'}
        </Kbd>
      </UnstyledButton>
      {opened && (
        <Suspense>
          <Palette onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
