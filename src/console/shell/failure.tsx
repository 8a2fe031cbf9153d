import { Alert, Button, Center, Group, Stack, Text, Title } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { ApiError } from '../api/http.ts';

/** What could not be read, why, and the way on. */
export function Failure({ what, error, onRetry }: { what: string; error: Error; onRetry: () => void }) {
  const known = error instanceof ApiError;
  return (
    <Alert color="red" role="alert" icon={<IconPlugConnectedX />} title={`${what} can't be shown`}>
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{known ? error.message : 'Something unexpected happened on this page.'}</Text>
        <Group gap="sm">
          <Button size="xs" color="red" variant="light" onClick={onRetry}>
            Try again
          </Button>
          {known && (
            <Text size="xs" c="dimmed">
              Code: {error.code}
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

export function NoSuchPage() {
  return (
    <Center component="main" mih="60dvh" p="md">
      <Stack align="center" gap="sm">
        <Title order={1} size="h3">
          There is no such page
        </Title>
        <Button component={Link} to="/callbacks" variant="light">
          Go to Callbacks
        </Button>
      </Stack>
    </Center>
  );
}

/** The last resort, where a page itself broke. */
export function PageFailure({ error, reset }: ErrorComponentProps) {
  return (
    <Center component="main" mih="60dvh" p="md">
      <Failure what="This page" error={error instanceof Error ? error : new Error('unknown')} onRetry={reset} />
    </Center>
  );
}
