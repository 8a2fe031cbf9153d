import { Button, Group } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Inputs that narrow a list. On a phone all but the first wait behind a button. */
export function FilterFrame({
  label,
  count,
  onClear,
  children,
}: {
  label: string;
  /** How many of them narrow the list now. */
  count: number;
  onClear: () => void;
  children: ReactNode;
}) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <search className="rb-filters" aria-label={label} data-closed={opened ? undefined : true}>
      {children}
      <div className="rb-filters-toggle">
        <Button
          variant="default"
          size="xs"
          leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}
          aria-expanded={opened}
          onClick={toggle}
        >
          {opened ? 'Fewer filters' : 'More filters'}
        </Button>
      </div>
      {count > 0 && (
        <Group className="rb-filters-clear">
          <Button variant="subtle" size="compact-sm" onClick={onClear}>
            Clear filters
          </Button>
        </Group>
      )}
    </search>
  );
}
