import { Button, Center, Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconPhoneCall } from '@tabler/icons-react';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { CallbackCards } from './callback-cards.tsx';
import { CallbackTable } from './callback-table.tsx';
import { tabs, tabTitles, type Tab } from './tabs.ts';
import { useCallbacks } from './use-callbacks.ts';

/** Home: every promise, those to come first. */
export function CallbacksPage() {
  const { tab = 'upcoming' } = useSearch({ from: '/shell/callbacks' });
  const navigate = useNavigate();
  const choose = (value: string | null): void => {
    const next = tabs.find((each) => each === value) ?? 'upcoming';
    void navigate({ to: '/callbacks', search: next === 'upcoming' ? {} : { tab: next } });
  };
  return (
    <Page title="Callbacks" hint="Every promise to call somebody back, as it is now.">
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List>
          {tabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {tabTitles[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((each) => (
          <Tabs.Panel key={each} value={each} pt="md">
            <CallbackList tab={each} />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Outlet />
    </Page>
  );
}

function CallbackList({ tab }: { tab: Tab }) {
  const { rows, error, retry, more, loadingMore } = useCallbacks(tab);
  const narrow = useMediaQuery('(max-width: 62em)', undefined, { getInitialValueInEffect: false });
  if (rows === undefined)
    return error === null ? <Waiting /> : <Failure what="The callbacks" error={error} onRetry={retry} />;
  if (rows.length === 0) return <NoCallbacks tab={tab} />;
  return (
    <>
      {narrow ? (
        <CallbackCards callbacks={rows} />
      ) : (
        <CallbackTable callbacks={rows} caption={`${tabTitles[tab]} callbacks`} />
      )}
      {more !== null && (
        <Center mt="md">
          <Button variant="default" onClick={more} loading={loadingMore}>
            Show more
          </Button>
        </Center>
      )}
    </>
  );
}

const emptyWords: Record<Tab, readonly [string, string]> = {
  upcoming: [
    'No callbacks ahead',
    'Call the agent with the softphone below and say “call me back in one minute”. The promise shows up here and counts down.',
  ],
  history: ['Nothing has happened yet', 'Callbacks that were kept, missed or cancelled are listed here.'],
  all: ['No callbacks yet', 'Call the agent with the softphone below and say “call me back in one minute”.'],
};

function NoCallbacks({ tab }: { tab: Tab }) {
  const [title, text] = emptyWords[tab];
  return (
    <Empty icon={<IconPhoneCall size={32} stroke={1.4} aria-hidden />} title={title}>
      {text}
    </Empty>
  );
}
