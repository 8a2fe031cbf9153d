import { ActionIcon, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useAgents } from '../agents/use-agents.ts';
import { FilterFrame } from '../shell/filter-frame.tsx';
import { countFilters, statuses, type CallbackFilters } from './filters.ts';
import { statusWords } from './words.ts';

const TYPED_MS = 200;

/** What the list is narrowed to; each change stands in the address at once. */
export function FilterBar({ filters }: { filters: CallbackFilters }) {
  const navigate = useNavigate();
  const agents = useAgents();
  const change = (part: Partial<Record<keyof CallbackFilters, string>>): void => {
    const { after: _after, ...known } = filters;
    const next = Object.entries({ ...known, ...part }).filter(([, value]) => value !== '');
    void navigate({ to: '/callbacks', search: Object.fromEntries(next), replace: true });
  };
  return (
    <FilterFrame
      label="Filter callbacks"
      count={countFilters(filters)}
      onClear={() => change({ q: '', status: '', agent: '', to: '', from: '', until: '' })}
    >
      <Typed
        key={`q ${filters.tab ?? ''}`}
        label="Search"
        example="Name, number, reason or agent"
        icon
        value={filters.q ?? ''}
        onChange={(q) => change({ q })}
      />
      <NativeSelect
        label="Status"
        value={filters.status ?? ''}
        data={[{ value: '', label: 'Any' }, ...statuses.map((value) => ({ value, label: statusWords[value] }))]}
        onChange={(event) => change({ status: event.currentTarget.value })}
      />
      <NativeSelect
        label="Agent"
        value={filters.agent ?? ''}
        data={[{ value: '', label: 'Any' }, ...agents.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={(event) => change({ agent: event.currentTarget.value })}
      />
      <Typed label="Number" example="+13125550142" value={filters.to ?? ''} onChange={(to) => change({ to })} />
      <TextInput
        type="date"
        label="Due from"
        value={filters.from ?? ''}
        onChange={(event) => change({ from: event.currentTarget.value })}
      />
      <TextInput
        type="date"
        label="Due until"
        value={filters.until ?? ''}
        onChange={(event) => change({ until: event.currentTarget.value })}
      />
    </FilterFrame>
  );
}

/** A text that is asked for a moment after the last letter. */
export function Typed({
  label,
  example,
  value,
  icon = false,
  onChange,
}: {
  label: string;
  example: string;
  value: string;
  icon?: boolean;
  onChange: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  const asked = useRef(value);
  const ask = useDebouncedCallback((next: string) => {
    asked.current = next;
    onChange(next);
  }, TYPED_MS);
  useEffect(() => {
    // The address changed by other means than this input.
    if (value === asked.current) return;
    asked.current = value;
    setText(value);
  }, [value]);
  return (
    <TextInput
      type="search"
      label={label}
      placeholder={example}
      value={text}
      maxLength={200}
      autoComplete="off"
      leftSection={icon ? <IconSearch size={16} aria-hidden /> : undefined}
      rightSection={
        text === '' ? null : (
          <ActionIcon
            variant="subtle"
            color="gray"
            size="sm"
            aria-label={`Clear ${label.toLowerCase()}`}
            onClick={() => {
              setText('');
              ask.cancel();
              asked.current = '';
              onChange('');
            }}
          >
            <IconX size={14} aria-hidden />
          </ActionIcon>
        )
      }
      onChange={(event) => {
        setText(event.currentTarget.value);
        ask(event.currentTarget.value);
      }}
    />
  );
}
