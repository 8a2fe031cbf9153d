import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { ErasedWire, PersonWire } from '../../api/people.ts';
import { ApiError, get, post, sentence, withQuery } from '../api/http.ts';
import { healthQuery } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Confirm } from '../shell/confirm.tsx';
import { Section } from '../shell/section.tsx';
import { useChange } from '../shell/use-change.ts';

/** How long words are kept, and how somebody is forgotten at once. */
export function RetentionSection() {
  const days = useQuery(healthQuery).data?.limits.retentionDays;
  return (
    <Section
      title="Retention and erasing a person"
      hint={
        days === undefined
          ? 'How long words are kept.'
          : `Transcripts, recordings and reasons are erased ${days === 1 ? '1 day' : `${days} days`} after the end (RETENTION_DAYS).`
      }
      anchor="retention"
    >
      <ErasePerson />
    </Section>
  );
}

function ErasePerson() {
  const [typed, setTyped] = useState('');
  const [person, setPerson] = useState<PersonWire | null>(null);
  const look = useChange({
    run: (number: string) => get<PersonWire>(withQuery('/people', { number })),
    touches: [],
    failed: 'Not looked up',
    marksFields: true,
    onDone: setPerson,
  });
  const erase = useChange({
    run: (number: string) => post<ErasedWire>('/people/erase', { number }),
    touches: ['callbacks', 'calls', 'audit'],
    done: ({ calls, callbacks, recordings, cancelledCallbacks }) => ({
      title: 'Erased',
      message: `${count(calls, 'call')}, ${count(recordings, 'recording')} and ${count(callbacks, 'callback')} lost their words; ${count(cancelledCallbacks, 'open callback')} cancelled.`,
    }),
    failed: 'Not erased',
    onDone: () => setTyped(''),
  });
  const fault = look.error instanceof ApiError ? look.error.fields.find(({ path }) => path === 'number') : undefined;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    look.mutate(typed.trim());
  };
  return (
    <form onSubmit={submit} aria-label="Erase a person">
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Number of the person"
          description="What would be erased is shown first"
          placeholder="+13125550142"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          error={fault === undefined ? undefined : sentence(fault.message)}
          maxLength={64}
          className="rb-grow"
        />
        <Button type="submit" variant="light" color="red" disabled={typed.trim().length < 3} loading={look.isPending}>
          Look up
        </Button>
      </Group>
      {person !== null && (
        <Confirm
          opened
          title={`Erase ${numberWords(person.number)}?`}
          confirm="Erase for good"
          pending={erase.isPending}
          onConfirm={() => erase.mutate(person.number, { onSettled: () => setPerson(null) })}
          onClose={() => setPerson(null)}
        >
          <Stack gap="sm">
            <Text size="sm">
              {person.callsWithWords} of {count(person.calls, 'call')} still have words;{' '}
              {count(person.recordings, 'recording')}; {count(person.callbacks, 'callback')}, {person.openCallbacks} of
              them open. Transcripts, summaries, recordings, reasons and the name go and cannot be brought back. Open
              callbacks are cancelled.
            </Text>
            <Text size="sm">
              The rows stay without words, because counts and caps need them, and so do the number and the do-not-call
              list. That somebody was erased stands in the audit log.
            </Text>
            {person.liveCalls > 0 && (
              <Alert color="orange">
                A call with them goes on or has only just ended: the erasure will be refused until a minute after it.
              </Alert>
            )}
          </Stack>
        </Confirm>
      )}
    </form>
  );
}

function count(rows: number, noun: string): string {
  return rows === 1 ? `1 ${noun}` : `${rows} ${noun}s`;
}
