import { NativeSelect, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconTimelineEvent } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { CallWire } from '../../api/calls.ts';
import { useAgents } from '../agents/use-agents.ts';
import { callQueries } from '../api/resources.ts';
import { Typed } from '../callbacks/filter-bar.tsx';
import { Failure } from '../shell/failure.tsx';
import { FilterFrame } from '../shell/filter-frame.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { Pager, WaitingRows } from '../shell/pager.tsx';
import { useSteadyRows } from '../shell/use-steady-rows.ts';
import { viewerZone } from '../time/format.ts';
import { CallCards } from './call-cards.tsx';
import { CallTable } from './call-table.tsx';
import { callQueryOf, callStates, countFilters, stateWords, type CallFilters } from './filters.ts';

export function CallsPage() {
  const filters = useSearch({ from: '/shell/calls' });
  const calls = useQuery({
    ...callQueries.list(callQueryOf(filters, viewerZone())),
    placeholderData: keepPreviousData,
  });
  const rows = calls.data?.items;
  return (
    <Page title="Call logs" hint="Every call, the newest first. Calls that go on now follow as they speak.">
      <CallFilterBar filters={filters} />
      {rows === undefined && calls.isError && (
        <Failure what="The calls" error={calls.error} onRetry={() => void calls.refetch()} />
      )}
      {calls.isPending && <Waiting />}
      {rows?.length === 0 && filters.after === undefined && (
        <Empty
          icon={<IconTimelineEvent size={32} stroke={1.4} aria-hidden />}
          title={countFilters(filters) > 0 ? 'No call matches these filters' : 'No calls yet'}
        >
          {countFilters(filters) > 0 ? 'Clear one of them.' : 'Make the first one with the softphone below.'}
        </Empty>
      )}
      {rows !== undefined && rows.length > 0 && (
        <Rows key={calls.isPlaceholderData ? 'stale' : JSON.stringify(filters)} calls={rows} />
      )}
      {rows !== undefined && (
        <Pager
          next={calls.data?.nextCursor ?? null}
          isFirst={filters.after === undefined}
          to="/calls"
          search={(after) => {
            const { after: _after, ...rest } = filters;
            return after === null ? rest : { ...rest, after };
          }}
        />
      )}
    </Page>
  );
}

function Rows({ calls }: { calls: readonly CallWire[] }) {
  const narrow = useMediaQuery('(max-width: 62em)', undefined, { getInitialValueInEffect: false });
  const steady = useSteadyRows(calls);
  return (
    <div {...steady.watch}>
      <WaitingRows count={steady.waiting} onShow={steady.show} />
      {narrow ? <CallCards calls={steady.shown} /> : <CallTable calls={steady.shown} />}
    </div>
  );
}

function CallFilterBar({ filters }: { filters: CallFilters }) {
  const navigate = useNavigate();
  const agents = useAgents();
  const change = (part: Partial<Record<keyof CallFilters, string>>): void => {
    const { after: _after, ...known } = filters;
    const next = Object.entries({ ...known, ...part }).filter(([, value]) => value !== '');
    void navigate({ to: '/calls', search: Object.fromEntries(next), replace: true });
  };
  return (
    <FilterFrame
      label="Filter calls"
      count={countFilters(filters)}
      onClear={() => change({ q: '', state: '', agent: '', from: '', until: '' })}
    >
      <Typed
        label="Search"
        example="Number, summary or agent"
        icon
        value={filters.q ?? ''}
        onChange={(q) => change({ q })}
      />
      <NativeSelect
        label="Status"
        value={filters.state ?? ''}
        data={[{ value: '', label: 'Any' }, ...callStates.map((value) => ({ value, label: stateWords[value] }))]}
        onChange={(event) => change({ state: event.currentTarget.value })}
      />
      <NativeSelect
        label="Agent"
        value={filters.agent ?? ''}
        data={[{ value: '', label: 'Any' }, ...agents.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={(event) => change({ agent: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label="Started from"
        value={filters.from ?? ''}
        onChange={(event) => change({ from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label="Started until"
        value={filters.until ?? ''}
        onChange={(event) => change({ until: event.currentTarget.value })}
      />
    </FilterFrame>
  );
}
