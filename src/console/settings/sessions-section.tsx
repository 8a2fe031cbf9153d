import { Badge, Button, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { SessionWire } from '../../api/session.ts';
import { post, remove } from '../api/http.ts';
import { sessionList } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { Section } from '../shell/section.tsx';
import { useChange } from '../shell/use-change.ts';
import { WhenLine } from '../time/when.tsx';
import { browserWords } from './browser-words.ts';

const touches = ['sessions'];

/** The browsers that are signed in. */
export function SessionsSection() {
  const sessions = useQuery(sessionList);
  const others = sessions.data?.items.filter(({ current }) => !current).length ?? 0;
  const revokeAll = useChange({
    run: () => post<{ revoked: number }>('/sessions/revoke-others'),
    touches,
    done: ({ revoked }) => ({
      title: 'Signed out',
      message: revoked === 1 ? '1 other browser was signed out.' : `${revoked} other browsers were signed out.`,
    }),
    failed: 'Not signed out',
  });
  return (
    <Section
      title="Sessions"
      hint="Browsers that are signed in. A session ends by itself after seven days."
      anchor="sessions"
    >
      {sessions.data === undefined && sessions.isError && (
        <Failure what="The sessions" error={sessions.error} onRetry={() => void sessions.refetch()} />
      )}
      {sessions.isPending && <Waiting rows={1} />}
      {sessions.data !== undefined && (
        <ul className="rb-lines" aria-label="Sessions">
          {sessions.data.items.map((session) => (
            <SessionLine key={session.id} session={session} />
          ))}
        </ul>
      )}
      {others > 0 && (
        <Group>
          <Button
            size="sm"
            variant="light"
            color="red"
            loading={revokeAll.isPending}
            onClick={() => revokeAll.mutate(undefined)}
          >
            Sign out all others
          </Button>
        </Group>
      )}
    </Section>
  );
}

function SessionLine({ session }: { session: SessionWire }) {
  const name = browserWords(session.userAgent);
  const revoke = useChange({
    run: () => remove(`/sessions/${session.id}`),
    touches,
    done: () => ({ title: 'Signed out', message: `${name} was signed out.` }),
    failed: 'Not signed out',
  });
  return (
    <li className="rb-switch-row">
      <div>
        <Group gap="sm">
          <Text size="sm" fw={600} className="rb-free-text" title={session.userAgent}>
            {name}
          </Text>
          {session.current && (
            <Badge variant="light" color="green" tt="none">
              This browser
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed" component="div">
          Used <WhenLine at={session.seenAt} />, signed in <WhenLine at={session.createdAt} />
        </Text>
      </div>
      {!session.current && (
        <Button
          size="xs"
          variant="default"
          loading={revoke.isPending}
          aria-label={`Sign out ${name}`}
          onClick={() => revoke.mutate(undefined)}
        >
          Sign out
        </Button>
      )}
    </li>
  );
}
