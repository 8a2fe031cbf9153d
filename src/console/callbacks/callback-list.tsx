import { useMediaQuery } from '@mantine/hooks';
import { IconPhoneCall } from '@tabler/icons-react';
import { useState } from 'react';
import type { CallbackWire } from '../../api/callbacks.ts';
import { Failure } from '../shell/failure.tsx';
import { Empty, Waiting } from '../shell/page.tsx';
import { Pager, WaitingRows } from '../shell/pager.tsx';
import { useSteadyRows } from '../shell/use-steady-rows.ts';
import { BulkBar } from './bulk-bar.tsx';
import { CallbackCards } from './callback-cards.tsx';
import { CallbackTable } from './callback-table.tsx';
import { countFilters, tabTitles, type CallbackFilters, type Tab } from './filters.ts';
import { useCallbacks } from './use-callbacks.ts';
import { isCancellable } from './words.ts';

/** Which rows are ticked, and how that changes. */
export interface Selection {
  readonly has: (id: string) => boolean;
  readonly toggle: (id: string) => void;
}

export function CallbackList({ filters }: { filters: CallbackFilters }) {
  const { rows, nextCursor, error, retry, stale } = useCallbacks(filters);
  if (rows === undefined)
    return error === null ? <Waiting /> : <Failure what="The callbacks" error={error} onRetry={retry} />;
  return (
    <>
      <Rows
        key={stale ? 'stale' : JSON.stringify(filters)}
        rows={rows}
        filters={filters}
        isAll={nextCursor === null && filters.after === undefined}
      />
      <Pager
        next={nextCursor}
        isFirst={filters.after === undefined}
        to="/callbacks"
        search={(after) => {
          const { after: _after, ...rest } = filters;
          return after === null ? rest : { ...rest, after };
        }}
      />
    </>
  );
}

function Rows({
  rows,
  filters,
  isAll,
}: {
  rows: readonly CallbackWire[];
  filters: CallbackFilters;
  /** No other page has more of them. */
  isAll: boolean;
}) {
  const narrow = useMediaQuery('(max-width: 62em)', undefined, { getInitialValueInEffect: false });
  const steady = useSteadyRows(rows);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  // Those of the other pages, too.
  const [everything, setEverything] = useState(false);
  // What is over meanwhile is not taken along.
  const selected = steady.shown.filter((row) => ticked.has(row.id) && isCancellable(row));
  const selection: Selection = {
    has: (id) => ticked.has(id),
    toggle: (id) => {
      setEverything(false);
      setTicked((known) => known.symmetricDifference(new Set([id])));
    },
  };
  if (steady.shown.length === 0) return <NoCallbacks filters={filters} />;
  return (
    <div {...steady.watch}>
      <BulkBar
        selected={selected}
        all={steady.shown.filter(isCancellable)}
        filters={filters}
        isAll={isAll}
        everything={everything}
        onEverything={() => setEverything(true)}
        onSelect={(ids) => {
          setEverything(false);
          setTicked(new Set(ids));
        }}
      />
      <WaitingRows count={steady.waiting} onShow={steady.show} />
      {narrow ? (
        <CallbackCards callbacks={steady.shown} selection={selection} />
      ) : (
        <CallbackTable
          callbacks={steady.shown}
          caption={`${tabTitles[filters.tab ?? 'upcoming']} callbacks`}
          selection={selection}
        />
      )}
    </div>
  );
}

const emptyWords: Record<Tab, readonly [string, string]> = {
  upcoming: [
    'No callbacks ahead',
    'Call the agent with the softphone below and say “call me back in one minute”. The promise shows up here and counts down.',
  ],
  attention: ['Nothing needs you', 'Callbacks that failed, or that wait for somebody to act, are listed here.'],
  history: ['Nothing has happened yet', 'Callbacks that were kept, missed or cancelled are listed here.'],
  all: ['No callbacks yet', 'Call the agent with the softphone below and say “call me back in one minute”.'],
};

function NoCallbacks({ filters }: { filters: CallbackFilters }) {
  const [title, text] =
    countFilters(filters) > 0
      ? ['Nothing matches these filters', 'Clear one of them, or look at another tab.']
      : emptyWords[filters.tab ?? 'upcoming'];
  return (
    <Empty icon={<IconPhoneCall size={32} stroke={1.4} aria-hidden />} title={title}>
      {text}
    </Empty>
  );
}
