import { Badge, Group } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { AgentWire } from '../../api/agents.ts';
import { patch } from '../api/http.ts';
import { agentQuery } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { PageLink } from '../shell/page-link.tsx';
import { Page, Waiting } from '../shell/page.tsx';
import { useChange } from '../shell/use-change.ts';
import { AgentForm } from './agent-form.tsx';
import { DeleteAgent } from './delete-agent.tsx';
import type { Draft } from './draft.ts';
import { TalkButton } from './talk-button.tsx';

/** One agent, to be read, changed, tried and deleted. */
export function AgentPage() {
  const { agentId } = useParams({ from: '/shell/agents/$agentId' });
  // While it is edited nothing may change under the hands; what another operator saves meanwhile comes with the next visit.
  const agent = useQuery({ ...agentQuery(agentId), staleTime: Infinity, refetchOnMount: 'always' });
  if (agent.data !== undefined && !agent.isFetchedAfterMount && agent.isFetching) return <Waiting rows={6} />;
  if (agent.data !== undefined) return <Agent key={agent.data.id} agent={agent.data} />;
  return (
    <Page title="Agent">
      {agent.isError ? (
        <Failure what="This agent" error={agent.error} onRetry={() => void agent.refetch()} />
      ) : (
        <Waiting rows={6} />
      )}
    </Page>
  );
}

function Agent({ agent }: { agent: AgentWire }) {
  const { id, ...saved } = agent;
  const queries = useQueryClient();
  const save = useChange({
    run: (changes: object) => patch<AgentWire>(`/agents/${id}`, changes),
    touches: ['agents', 'tools'],
    done: () => ({ title: 'Agent saved', message: 'The next call is answered so.' }),
    failed: 'Not saved',
    marksFields: true,
    onDone: (kept) => void queries.setQueryData(agentQuery(id).queryKey, kept),
  });
  const onSave = (_draft: Draft, changes: object): Promise<Draft | undefined> =>
    save.mutateAsync(changes).then(
      ({ id: _id, ...kept }) => kept,
      // The mutation has told it already.
      () => undefined,
    );
  return (
    <Page
      title={agent.name}
      actions={
        <Group gap="sm">
          <TalkButton agentId={id} name={agent.name} />
          <DeleteAgent agent={agent} />
        </Group>
      }
    >
      <Group gap="sm">
        <PageLink to="/agents" size="sm" underline="always">
          All agents
        </PageLink>
        {agent.isDefault && (
          <Badge variant="light" tt="none">
            Default
          </Badge>
        )}
      </Group>
      <AgentForm saved={saved} isNew={false} error={save.error} saving={save.isPending} onSave={onSave} />
    </Page>
  );
}
