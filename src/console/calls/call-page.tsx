import { Alert, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useLocation, useParams } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import type { CallWire, TurnWire } from '../../api/calls.ts';
import { useAgentName } from '../agents/use-agents.ts';
import { callQueries } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { Page, Waiting } from '../shell/page.tsx';
import { WhenLine } from '../time/when.tsx';
import { CallChip } from './call-chip.tsx';
import { Duration } from './duration.tsx';
import { EventsSection } from './events-section.tsx';
import { HangUpButton } from './hang-up-button.tsx';
import { marksOf, type WaveMark } from './wave-marks.ts';
import { LatencySection } from './latency.tsx';
import { Player, type PlayerHandle } from './player.tsx';
import { Thread } from './thread.tsx';
import { Transcript } from './transcript.tsx';
import { endWords, isLive, otherSide } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

export function CallPage() {
  const { callId } = useParams({ from: '/shell/calls/$callId' });
  const call = useQuery(callQueries.one(callId));
  return (
    <>
      <PageLink to="/calls" size="sm" display="inline-block" mb="xs">
        ← Call logs
      </PageLink>
      {call.data !== undefined && <CallDetail call={call.data} />}
      {call.data === undefined && call.isError && (
        <Failure what="This call" error={call.error} onRetry={() => void call.refetch()} />
      )}
      {call.isPending && <Waiting />}
    </>
  );
}

function CallDetail({ call }: { call: CallWire }) {
  const agentName = useAgentName(call.agentId);
  const player = useRef<PlayerHandle>(null);
  const [seconds, setSeconds] = useState<number | null>(null);
  const who = numberWords(otherSide(call));
  const turns = call.transcript ?? [];
  const playable = call.recordingAvailable && call.answeredAt !== null;
  const fromMs = Date.parse(call.answeredAt ?? call.startedAt);
  const playFrom = (at: number): void => player.current?.seek(at);
  const seek = playable ? { seek: { fromMs, to: playFrom } } : {};
  return (
    <Page
      title={call.direction === 'inbound' ? `Call from ${who}` : `Call to ${who}`}
      actions={
        <Group gap="sm">
          <CallChip call={call} />
          {isLive(call) && <HangUpButton callId={call.id} />}
        </Group>
      }
    >
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, lg: 8 }}>
          <Stack gap="lg">
            <Recording
              call={call}
              playable={playable}
              handle={player}
              marks={marksOf(turns, fromMs)}
              onTime={setSeconds}
            />
            <section className="rb-card rb-panel rb-call-words" aria-labelledby="transcript">
              <Title order={2} size="h4" id="transcript" mb="sm">
                Transcript
              </Title>
              {turns.length === 0 ? (
                <Text size="sm" c="dimmed">
                  {nothingSaid(call)}
                </Text>
              ) : (
                <Transcript
                  turns={turns}
                  callerName={who}
                  agentName={agentName}
                  label="Transcript"
                  playing={seconds === null ? null : turnAt(turns, fromMs + seconds * 1000)}
                  {...seek}
                />
              )}
            </section>
            <LatencySection turns={turns} fromMs={fromMs} {...(playable ? { onPick: playFrom } : {})} />
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}>
          <Stack gap="lg">
            <section className="rb-card rb-panel" aria-label="About this call">
              <CallFacts call={call} agentName={agentName} />
            </section>
            <Thread call={call} />
            <EventsSection call={call} fromMs={fromMs} />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function nothingSaid(call: CallWire): string {
  if (call.purgedAt !== null) return 'What was said has been erased.';
  return isLive(call) ? 'Nothing has been said yet.' : 'Nothing was said.';
}

function Recording({
  call,
  playable,
  handle,
  marks,
  onTime,
}: {
  call: CallWire;
  playable: boolean;
  handle: React.RefObject<PlayerHandle | null>;
  marks: readonly WaveMark[];
  onTime: (seconds: number) => void;
}) {
  const { hash } = useLocation();
  if (playable) return <Player callId={call.id} startAt={secondOf(hash)} marks={marks} ref={handle} onTime={onTime} />;
  return (
    <Alert color="gray" title={call.purgedAt === null ? 'No recording' : 'Its words were erased'}>
      {call.purgedAt !== null ? (
        <>
          Transcript, summary and recording were erased <WhenLine at={call.purgedAt} />. When the call was, and how it
          ended, is kept.
        </>
      ) : isLive(call) ? (
        'It can be played once the call is over.'
      ) : (
        'This call was not recorded.'
      )}
    </Alert>
  );
}

function CallFacts({ call, agentName }: { call: CallWire; agentName: string }) {
  return (
    <Facts>
      <Fact name="Agent">{agentName}</Fact>
      <Fact name="From">{numberWords(call.from)}</Fact>
      <Fact name="To">{numberWords(call.to)}</Fact>
      <Fact name="Started">
        <WhenLine at={call.startedAt} />
      </Fact>
      <Fact name="Duration">
        <Duration call={call} />
      </Fact>
      {call.endReason !== null && <Fact name="How it ended">{endWords[call.endReason]}</Fact>}
      <Fact name="Carrier">{call.carrier}</Fact>
      {call.callbackId !== null && (
        <Fact name="Callback">
          <PageLink
            to="/callbacks/$callbackId"
            params={{ callbackId: call.callbackId }}
            search={{}}
            size="sm"
            underline="always"
          >
            Open the callback that this call kept
          </PageLink>
        </Fact>
      )}
      {call.summary !== null && <Fact name="Summary">{call.summary}</Fact>}
    </Facts>
  );
}

/** The second that an address leads to: `t=83.2`. */
function secondOf(hash: string): number {
  return Number(/^t=(\d{1,6}(?:\.\d{1,3})?)$/.exec(hash)?.[1] ?? 0);
}

/** The last turn that has begun at that time. */
function turnAt(turns: readonly TurnWire[], atMs: number): number | null {
  return turns.findLast((turn) => turn.role !== 'tool' && Date.parse(turn.startedAt) <= atMs)?.index ?? null;
}
