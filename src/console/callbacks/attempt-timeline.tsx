import { Text, Timeline } from '@mantine/core';
import { IconAlertTriangle, IconBan, IconCheck, IconPhoneOff, IconPhoneOutgoing } from '@tabler/icons-react';
import type { AttemptWire } from '../../api/callbacks.ts';
import { clockDuration } from '../time/format.ts';
import { WhenLine } from '../time/when.tsx';
import { attemptStatusWords, outcomeWords } from './words.ts';
import { PageLink } from '../shell/page-link.tsx';

/** Every request to the carrier and every last look, the latest below. */
export function AttemptTimeline({ attempts }: { attempts: readonly AttemptWire[] }) {
  return (
    <Timeline bulletSize={26} lineWidth={2} active={attempts.length - 1} color="gray" autoContrast={false}>
      {attempts.map((attempt) => (
        <Timeline.Item
          key={attempt.id}
          bullet={<Bullet attempt={attempt} />}
          title={<Text size="sm" fw={600}>{`Attempt ${attempt.number}: ${headline(attempt)}`}</Text>}
        >
          <Text size="xs" c="dimmed" component="div">
            <WhenLine at={attempt.startedAt} size="xs" />
            {spoken(attempt)}
          </Text>
          {attempt.detail !== null && (
            <Text size="xs" c="dimmed" className="rb-free-text">
              {attempt.detail}
            </Text>
          )}
          {attempt.status === 'ended' && !attempt.counted && (
            <Text size="xs" c="dimmed">
              Does not count against the limit.
            </Text>
          )}
          {attempt.callId !== null && (
            <PageLink to="/calls/$callId" params={{ callId: attempt.callId }} size="xs" underline="always">
              Open the call
            </PageLink>
          )}
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

function headline(attempt: AttemptWire): string {
  return attempt.outcome === null ? attemptStatusWords[attempt.status] : outcomeWords[attempt.outcome];
}

function spoken(attempt: AttemptWire): string {
  if (attempt.answeredAt === null || attempt.endedAt === null) return '';
  return `, on the line for ${clockDuration((Date.parse(attempt.endedAt) - Date.parse(attempt.answeredAt)) / 1000)}`;
}

function Bullet({ attempt }: { attempt: AttemptWire }) {
  if (attempt.outcome === null) return <IconPhoneOutgoing size={14} className="rb-pulse" aria-hidden />;
  if (attempt.outcome === 'completed') return <IconCheck size={14} aria-hidden />;
  if (attempt.outcome === 'blocked' || attempt.outcome === 'not_permitted') return <IconBan size={14} aria-hidden />;
  const unreached =
    attempt.outcome === 'no_answer' ||
    attempt.outcome === 'busy' ||
    attempt.outcome === 'rejected' ||
    attempt.outcome === 'machine';
  return unreached ? <IconPhoneOff size={14} aria-hidden /> : <IconAlertTriangle size={14} aria-hidden />;
}
