import { Button, Group, Tabs } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconDownload, IconPlus } from '@tabler/icons-react';
import { Outlet, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { withQuery } from '../api/http.ts';
import { Page } from '../shell/page.tsx';
import { CallbackList } from './callback-list.tsx';
import { FilterBar } from './filter-bar.tsx';
import { queryOf, tabs, tabTitles } from './filters.ts';
import { undoLast } from './use-cancel.tsx';

// Forms come along only where somebody books.
const BookDialog = lazy(() => import('./book-dialog.tsx').then((module) => ({ default: module.BookDialog })));

/** Home: every promise, those to come first. */
export function CallbacksPage() {
  useHotkeys([['mod+Z', undoLast]]);
  const filters = useSearch({ from: '/shell/callbacks' });
  const { tab = 'upcoming' } = filters;
  const navigate = useNavigate();
  const { book, ...listed } = filters;
  const choose = (value: string | null): void => {
    const next = tabs.find((each) => each === value) ?? 'upcoming';
    const { tab: _tab, after: _after, status: _status, ...rest } = listed;
    void navigate({ to: '/callbacks', search: next === 'upcoming' ? rest : { ...rest, tab: next } });
  };
  return (
    <Page
      title="Callbacks"
      hint="Every promise to call somebody back, as it is now."
      actions={
        <Group gap="sm">
          <Button
            component="a"
            variant="default"
            href={`/api/v1${withQuery('/callbacks/export', queryOf(listed))}`}
            download="callbacks.csv"
            leftSection={<IconDownload size={17} aria-hidden />}
          >
            Export CSV
          </Button>
          <Button
            leftSection={<IconPlus size={17} aria-hidden />}
            onClick={() => void navigate({ to: '/callbacks', search: { ...listed, book: 'new' } })}
          >
            New callback
          </Button>
        </Group>
      }
    >
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List className="rb-tabs">
          {tabs.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {tabTitles[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((each) => (
          <Tabs.Panel key={each} value={each} pt="md">
            <FilterBar filters={listed} />
            <CallbackList filters={listed} />
          </Tabs.Panel>
        ))}
      </Tabs>
      <Outlet />
      {book === 'new' && (
        <Suspense>
          <BookDialog onClose={() => void navigate({ to: '/callbacks', search: listed, replace: true })} />
        </Suspense>
      )}
    </Page>
  );
}
