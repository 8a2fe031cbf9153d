import { Stack, Text, Title } from '@mantine/core';
import { useId, type ReactNode } from 'react';

/** A part of a page under a heading of its own, on a card. `anchor` is its place in the address. */
export function Section({
  title,
  hint,
  anchor,
  children,
}: {
  title: string;
  hint?: string;
  anchor?: string;
  children: ReactNode;
}) {
  const headingId = useId();
  return (
    <Stack component="section" aria-labelledby={headingId} className="rb-card rb-section" p="lg" gap="md" id={anchor}>
      <div>
        <Title order={2} size="h4" id={headingId}>
          {title}
        </Title>
        {hint !== undefined && (
          <Text size="sm" c="dimmed" mt={2}>
            {hint}
          </Text>
        )}
      </div>
      {children}
    </Stack>
  );
}
