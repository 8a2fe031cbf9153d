import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { CallWire } from '../../api/calls.ts';
import { callbackQueries } from '../api/resources.ts';
import { Section } from '../shell/section.tsx';
import { clockDuration } from '../time/format.ts';
import { callEvents } from './call-events.ts';

/** What happened to the call besides words. */
export function EventsSection({ call, fromMs }: { call: CallWire; fromMs: number }) {
  const callback = useQuery({ ...callbackQueries.one(call.callbackId ?? ''), enabled: call.callbackId !== null }).data;
  const attempt = callback?.attempts?.find(({ callId }) => callId === call.id);
  return (
    <Section title="Events" anchor="events">
      <ol className="rb-events">
        {callEvents(call, attempt).map((event, index) => {
          const atMs = Date.parse(event.at) - fromMs;
          return (
            // Two things may happen in the same millisecond.
            <li key={`${index} ${event.at}`}>
              <Text span size="xs" c="dimmed" className="rb-numbers" title={event.at}>
                {offsetWords(atMs)}
              </Text>
              <div>
                <Text size="sm" className="rb-free-text">
                  {event.words}
                </Text>
                {event.detail !== null && (
                  <Text size="xs" c="dimmed" className="rb-free-text">
                    {event.detail}
                  </Text>
                )}
              </div>
            </li>
          );
        })}
      </ol>
    </Section>
  );
}

/** Minutes and seconds within a day, whole days after it: an erasure comes months later. */
function offsetWords(ms: number): string {
  // What is less than a second before it shows no sign: there is no minus nought.
  if (ms <= -1000) return `−${clockDuration(-ms / 1000)}`;
  const days = Math.floor(ms / 86_400_000);
  return days === 0 ? clockDuration(ms / 1000) : `+${days} d`;
}
