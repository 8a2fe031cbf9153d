import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { CallWire } from '../../api/calls.ts';
import { callbackQueries } from '../api/resources.ts';
import { Section } from '../shell/section.tsx';
import { callEvents, offsetWords } from './call-events.ts';

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
