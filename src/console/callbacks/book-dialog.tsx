import { Alert, Button, Group, Modal, NativeSelect, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState, type SubmitEvent } from 'react';
import type { CallbackWire, ZoneWire } from '../../api/callbacks.ts';
import { useAgents } from '../agents/use-agents.ts';
import { ApiError, post, sentence } from '../api/http.ts';
import { zoneQuery } from '../api/resources.ts';
import { PageLink } from '../shell/page-link.tsx';
import { useChange } from '../shell/use-change.ts';
import { pageClock } from '../time/clock.ts';
import { exactTime, viewerZone, zoneCity } from '../time/format.ts';
import { instantOfWallTime } from '../time/wall-time.ts';
import { pickedAt, WhenPicker } from '../time/when-picker.tsx';
import { numberWords } from './person.tsx';
import { RefusedTime, suggestionOf } from './refused-time.tsx';

const TYPED_MS = 250;

/** Books a callback by hand. `like`: one to be booked again. */
export function BookDialog({ like, onClose }: { like?: CallbackWire; onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      title={like === undefined ? 'New callback' : 'Book again'}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      <BookForm {...(like === undefined ? {} : { like })} onClose={onClose} />
    </Modal>
  );
}

function BookForm({ like, onClose }: { like?: CallbackWire; onClose: () => void }) {
  const agents = useAgents();
  const [agent, setAgent] = useState(like?.agentId ?? '');
  const agentId = agent === '' ? (agents.find(({ isDefault }) => isDefault)?.id ?? '') : agent;
  const [to, setTo] = useState(like?.to ?? '');
  const [name, setName] = useState(like?.toName ?? '');
  const [reason, setReason] = useState(like?.reason ?? '');
  const zone = useZone(agentId, to);
  const timeZone = like?.timeZone ?? zone?.timeZone ?? viewerZone();
  const [picked, setPicked] = useState(() => pickedAt(Math.ceil(pageClock.nowMs() / 60_000 + 60) * 60_000, timeZone));
  // The wall time stays when the number says that it is another wall.
  const atMs = instantOfWallTime(picked.wall, timeZone);
  const book = useChange({
    run: (input: { dueMs: number; override: boolean }) =>
      post<CallbackWire>('/callbacks', {
        agentId,
        to: zone?.to ?? to,
        toName: name.trim() === '' ? null : name.trim(),
        reason: reason.trim(),
        dueAt: new Date(input.dueMs).toISOString(),
        timeZone,
        ...(like?.originCallId == null ? {} : { originCallId: like.originCallId }),
        override: input.override ? ['calling_hours'] : [],
      }),
    touches: ['callbacks'],
    done: (made) => ({
      title: 'Callback booked',
      message: `${made.toName ?? numberWords(made.to)} is called ${exactTime(Date.parse(made.dueAt), pageClock.nowMs(), viewerZone())}.`,
    }),
    failed: 'Not booked',
    told: true,
    onDone: onClose,
  });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (atMs !== null) book.mutate({ dueMs: atMs, override: false });
  };
  const error = book.error;
  const badNumber = error instanceof ApiError && ['number_not_allowed', 'on_do_not_call'].includes(error.code);
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <NativeSelect
          label="Agent"
          value={agentId}
          data={agents.map(({ id, name: label }) => ({ value: id, label }))}
          onChange={(event) => setAgent(event.currentTarget.value)}
        />
        <TextInput
          label="Number"
          description={numberHint(zone, to)}
          placeholder="+13125550142"
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
          error={badNumber ? error.message : faultOf(error, 'to')}
          data-autofocus
          required
          maxLength={64}
        />
        <TextInput
          label="Name"
          description="Whom the agent asks for"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={faultOf(error, 'toName')}
          maxLength={100}
        />
        <WhenPicker
          zone={timeZone}
          picked={{ ...picked, atMs }}
          hours={zone?.callingHours}
          error={timeFault(error)}
          onChange={setPicked}
        />
        <Textarea
          label="Reason"
          description="What the agent calls about"
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          error={faultOf(error, 'reason')}
          maxLength={500}
          autosize
          minRows={2}
          maxRows={5}
        />
        <RefusedTime
          error={error}
          zone={timeZone}
          verb="Book"
          onTake={(dueMs) => {
            setPicked(pickedAt(dueMs, timeZone));
            book.mutate({ dueMs, override: false });
          }}
          onOverride={() => atMs !== null && book.mutate({ dueMs: atMs, override: true })}
        />
        <Other error={error} onClose={onClose} />
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            Go back
          </Button>
          <Button type="submit" loading={book.isPending} disabled={atMs === null}>
            Book it
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What stands at no field: somebody is promised a call already, or something that nobody foresaw. */
function Other({ error, onClose }: { error: Error | null; onClose: () => void }) {
  if (error === null || suggestionOf(error) !== null || timeFault(error) !== undefined) return null;
  if (
    error instanceof ApiError &&
    (error.fields.length > 0 || ['number_not_allowed', 'on_do_not_call'].includes(error.code))
  )
    return null;
  const existing = error instanceof ApiError ? error.details['callbackId'] : undefined;
  return (
    <Alert color="red" icon={<IconAlertTriangle />} role="alert" title="Not booked">
      <Text size="sm">{error instanceof ApiError ? error.message : 'Something unexpected happened on this page.'}</Text>
      {typeof existing === 'string' && (
        <PageLink
          to="/callbacks/$callbackId"
          params={{ callbackId: existing }}
          search={{}}
          size="sm"
          underline="always"
          onClick={onClose}
        >
          Open it, and move it instead
        </PageLink>
      )}
    </Alert>
  );
}

function useZone(agentId: string, to: string): ZoneWire | undefined {
  const [typed] = useDebouncedValue(to.trim(), TYPED_MS);
  return useQuery({ ...zoneQuery(agentId, typed), enabled: agentId !== '' && typed.length >= 3 }).data;
}

function numberHint(zone: ZoneWire | undefined, to: string): string {
  if (zone === undefined || to.trim() === '') return 'With its country, such as +1 312 555 0142';
  if (zone.to === null) return 'Not a full international number yet';
  const [first, ...others] = zone.zones;
  if (first === undefined) return `Its zone is not known: ${zoneCity(zone.timeZone)}, as the agent's`;
  return others.length === 0
    ? `In ${zoneCity(first)}`
    : `In one of ${zone.zones.length} zones, taken as ${zoneCity(zone.timeZone)}`;
}

function timeFault(error: Error | null): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return ['due_in_past', 'beyond_horizon'].includes(error.code) ? error.message : faultOf(error, 'dueAt');
}

function faultOf(error: Error | null, path: string): string | undefined {
  const found = error instanceof ApiError ? error.fields.find((field) => field.path === path) : undefined;
  return found === undefined ? undefined : sentence(found.message);
}
