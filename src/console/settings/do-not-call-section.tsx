import { Button, Center, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { DoNotCallWire } from '../../api/do-not-call.ts';
import { ApiError, post, remove, sentence } from '../api/http.ts';
import { doNotCallList } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { Section } from '../shell/section.tsx';
import { useChange } from '../shell/use-change.ts';
import { WhenLine } from '../time/when.tsx';

const touches = ['do-not-call', 'callbacks'];

/** The numbers that are never dialled, whoever promised what. */
export function DoNotCallSection() {
  const list = useInfiniteQuery(doNotCallList);
  const entries = list.data?.pages.flatMap((page) => page.items);
  return (
    <Section
      title="Do not call"
      hint="These numbers are never dialled. A caller who asks for it is put here by the agent."
      anchor="do-not-call"
    >
      <AddEntry />
      {entries === undefined && list.isError && (
        <Failure what="The list" error={list.error} onRetry={() => void list.refetch()} />
      )}
      {list.isPending && <Waiting rows={2} />}
      {entries?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nobody has asked not to be called.
        </Text>
      )}
      {entries !== undefined && entries.length > 0 && (
        <ul className="rb-lines" aria-label="Numbers that are never dialled">
          {entries.map((entry) => (
            <Entry key={entry.id} entry={entry} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Center>
          <Button variant="default" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
            Show more
          </Button>
        </Center>
      )}
    </Section>
  );
}

function AddEntry() {
  const [number, setNumber] = useState('');
  const [reason, setReason] = useState('');
  const add = useChange({
    run: (input: { number: string; reason: string }) =>
      post<DoNotCallWire & { cancelledCallbacks: number }>('/do-not-call', input),
    touches,
    done: (entry) => ({
      title: `${numberWords(entry.number)} is never dialled`,
      message:
        entry.cancelledCallbacks === 0
          ? 'No callback was open.'
          : entry.cancelledCallbacks === 1
            ? 'Its open callback was cancelled.'
            : `${entry.cancelledCallbacks} open callbacks were cancelled.`,
    }),
    failed: 'Not added',
    marksFields: true,
    onDone: () => {
      setNumber('');
      setReason('');
    },
  });
  const fault = add.error instanceof ApiError ? add.error.fields.find(({ path }) => path === 'number') : undefined;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    add.mutate({ number, reason });
  };
  return (
    <form onSubmit={submit} className="rb-add-entry">
      <TextInput
        label="Number"
        description="With its country, such as +1 312 555 0142"
        type="tel"
        value={number}
        onChange={(event) => setNumber(event.currentTarget.value)}
        error={fault === undefined ? undefined : sentence(fault.message)}
        required
        withAsterisk={false}
      />
      <TextInput
        label="Why"
        description="For your own memory"
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        maxLength={500}
      />
      <Button type="submit" variant="light" loading={add.isPending} className="rb-add-button">
        Never dial it
      </Button>
    </form>
  );
}

function Entry({ entry }: { entry: DoNotCallWire }) {
  const words = numberWords(entry.number);
  const del = useChange({
    run: () => remove(`/do-not-call/${entry.id}`),
    touches,
    done: () => ({ title: `${words} may be dialled again`, message: 'Cancelled callbacks stay cancelled.' }),
    failed: 'Not removed',
  });
  return (
    <li className="rb-switch-row">
      <div>
        <Text size="sm" fw={600} className="rb-numbers rb-free-text">
          {words}
        </Text>
        <Text size="sm" c="dimmed" component="div" className="rb-free-text">
          {entry.reason !== '' && `${entry.reason}, `}
          <WhenLine at={entry.createdAt} c="dimmed" />
        </Text>
      </div>
      <Button
        variant="default"
        size="xs"
        loading={del.isPending}
        onClick={() => del.mutate(undefined)}
        aria-label={`Remove ${words} from the list`}
      >
        Remove
      </Button>
    </li>
  );
}
