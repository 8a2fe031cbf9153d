import { Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useEffect, type ReactNode } from 'react';

/** A page's heading, its name in the browser's tab, and its content. */
export function Page({
  title,
  hint,
  actions,
  children,
}: {
  title: string;
  hint?: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = `${title} · Ringback`;
  }, [title]);
  return (
    <Stack gap="lg">
      <Group justify="space-between" align="flex-end" gap="sm">
        <div>
          <Title order={1} size="h2" className="rb-free-text">
            {title}
          </Title>
          {hint !== undefined && (
            <Text c="dimmed" size="sm" mt={2}>
              {hint}
            </Text>
          )}
        </div>
        {actions}
      </Group>
      {children}
    </Stack>
  );
}

/** Lines in the place of what is on its way. */
export function Waiting({ rows = 5 }: { rows?: number }) {
  return (
    <Stack gap="xs" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={44} radius="md" />
      ))}
    </Stack>
  );
}

/** What this place is for, where there is nothing in it yet. */
export function Empty({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <Stack className="rb-empty" align="center" gap="xs" ta="center">
      {icon}
      <Text fw={600}>{title}</Text>
      <Text c="dimmed" size="sm" maw={420}>
        {children}
      </Text>
    </Stack>
  );
}
