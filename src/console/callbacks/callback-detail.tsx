import { Group, Stack, Text, Title } from '@mantine/core';
import type { CallbackWire } from '../../api/callbacks.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { HangUpButton } from '../calls/hang-up-button.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { relativeTime, viewerZone, zoneCity } from '../time/format.ts';
import { useNowNear, WhenLine } from '../time/when.tsx';
import { AttemptTimeline } from './attempt-timeline.tsx';
import { Attempts } from './callback-table.tsx';
import { CallbackActions } from './callback-actions.tsx';
import { numberWords } from './person.tsx';
import { StatusChip } from './status-chip.tsx';
import { TheirWords } from './their-words.tsx';
import { WhyCard } from './why-card.tsx';
import { dueTime, isCancellable } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

export function CallbackDetail({ callback }: { callback: CallbackWire }) {
  const agentName = useAgentName(callback.agentId);
  const attempts = callback.attempts ?? [];
  const liveCallId = callback.status === 'dialing' ? attempts.at(-1)?.callId : undefined;
  return (
    <Stack gap="lg">
      <Stack gap="xs">
        <Title order={2} size="h3" className="rb-free-text">
          {callback.toName ?? numberWords(callback.to)}
        </Title>
        <Group justify="space-between">
          <StatusChip callback={callback} />
          {typeof liveCallId === 'string' && <HangUpButton callId={liveCallId} />}
        </Group>
        {isCancellable(callback) && <BigCountdown at={dueTime(callback)} />}
        <CallbackActions callback={callback} />
      </Stack>
      <WhyCard callback={callback} />
      <Facts>
        <Fact name="Reason">
          {callback.purgedAt !== null ? 'Erased' : callback.reason === '' ? 'None given' : callback.reason}
          {callback.originCallId !== null && <TheirWords callId={callback.originCallId} callbackId={callback.id} />}
        </Fact>
        <Fact name="Promised for">
          <WhenLine at={callback.dueAt} zone={callback.timeZone} />
        </Fact>
        <Fact name="Meant in">
          {zoneCity(callback.timeZone) === zoneCity(viewerZone())
            ? `${zoneCity(callback.timeZone)} time, as here`
            : `${zoneCity(callback.timeZone)} time`}
        </Fact>
        <Fact name="To">{numberWords(callback.to)}</Fact>
        <Fact name="From">{callback.from === null ? 'Not chosen yet' : numberWords(callback.from)}</Fact>
        <Fact name="Agent">{agentName}</Fact>
        <Fact name="Attempts">
          <Attempts callback={callback} />
        </Fact>
        <Fact name="Booked">
          <WhenLine at={callback.createdAt} />
          {callback.originCallId !== null && (
            <>
              {' '}
              <PageLink to="/calls/$callId" params={{ callId: callback.originCallId }} size="sm" underline="always">
                in this call
              </PageLink>
            </>
          )}
        </Fact>
      </Facts>
      <Stack gap="sm">
        <Title order={3} size="h5">
          Attempts
        </Title>
        {attempts.length === 0 ? (
          <Text size="sm" c="dimmed">
            Nothing has been dialled yet.
          </Text>
        ) : (
          <AttemptTimeline attempts={attempts} />
        )}
      </Stack>
    </Stack>
  );
}

function BigCountdown({ at }: { at: string }) {
  const atMs = Date.parse(at);
  const now = useNowNear(atMs);
  return (
    <Text className="rb-numbers" fz={30} fw={700} lh={1.1}>
      {relativeTime(atMs, now)}
    </Text>
  );
}
