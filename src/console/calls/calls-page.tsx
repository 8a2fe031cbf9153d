import { Button, Center } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconTimelineEvent } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { callQueries } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { CallCards } from './call-cards.tsx';
import { CallTable } from './call-table.tsx';

export function CallsPage() {
  const calls = useInfiniteQuery(callQueries.list());
  const narrow = useMediaQuery('(max-width: 62em)', undefined, { getInitialValueInEffect: false });
  const rows = calls.data?.pages.flatMap((page) => page.items);
  return (
    <Page title="Call logs" hint="Every call, the newest first. Calls that go on now follow as they speak.">
      {rows === undefined && calls.isError && (
        <Failure what="The calls" error={calls.error} onRetry={() => void calls.refetch()} />
      )}
      {calls.isPending && <Waiting />}
      {rows?.length === 0 && (
        <Empty icon={<IconTimelineEvent size={32} stroke={1.4} aria-hidden />} title="No calls yet">
          Make the first one with the softphone below.
        </Empty>
      )}
      {rows !== undefined && rows.length > 0 && (narrow ? <CallCards calls={rows} /> : <CallTable calls={rows} />)}
      {calls.hasNextPage && (
        <Center>
          <Button variant="default" onClick={() => void calls.fetchNextPage()} loading={calls.isFetchingNextPage}>
            Show more
          </Button>
        </Center>
      )}
    </Page>
  );
}
