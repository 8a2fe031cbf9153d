import { Stack, Switch, Text, Title } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import type { ToolWire } from '../../api/system.ts';
import { useAgents } from '../agents/use-agents.ts';
import { patch } from '../api/http.ts';
import { toolList } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { useChange } from '../shell/use-change.ts';

export function ToolsPage() {
  const tools = useQuery(toolList);
  const agents = useAgents();
  return (
    <Page title="Tools" hint="What agents can do in the middle of a call, and which of them may.">
      {tools.data === undefined && tools.isError && (
        <Failure what="The tools" error={tools.error} onRetry={() => void tools.refetch()} />
      )}
      {tools.isPending && <Waiting rows={3} />}
      {tools.data?.items.length === 0 && (
        <Empty icon={<IconTool size={32} stroke={1.4} aria-hidden />} title="No tools">
          A tool is one file; the guide “Add a tool” shows how.
        </Empty>
      )}
      <Stack gap="md">
        {tools.data?.items.map((tool) => (
          <ToolCard key={tool.name} tool={tool} agents={agents} />
        ))}
      </Stack>
    </Page>
  );
}

function ToolCard({ tool, agents }: { tool: ToolWire; agents: readonly AgentWire[] }) {
  const on = agents.filter(({ id }) => tool.agentIds.includes(id)).length;
  return (
    <Stack component="article" aria-label={tool.title} className="rb-card" p="lg" gap="sm">
      <div>
        <Title order={2} size="h4">
          {tool.title}
        </Title>
        <Text size="xs" c="dimmed" ff="monospace">
          {tool.name}
        </Text>
      </div>
      <Text size="sm">{tool.summary}</Text>
      <Text size="sm" c="dimmed" role="status">
        {on === 0
          ? 'Off for every agent'
          : on === agents.length
            ? 'On for every agent'
            : `On for ${on} of ${agents.length}`}
      </Text>
      <Stack component="ul" gap="xs" className="rb-cards">
        {agents.map((agent) => (
          <li key={agent.id}>
            <ToolSwitch tool={tool} agent={agent} />
          </li>
        ))}
      </Stack>
    </Stack>
  );
}

function ToolSwitch({ tool, agent }: { tool: ToolWire; agent: AgentWire }) {
  const change = useChange({
    run: (on: boolean) => patch<AgentWire>(`/agents/${agent.id}`, { tools: { [tool.setting]: on } }),
    touches: ['tools', 'agents'],
    failed: 'Not changed',
  });
  return (
    <Switch
      label={<span className="rb-free-text">{agent.name}</span>}
      aria-label={`${tool.title}: ${agent.name}`}
      checked={change.isPending ? change.variables : tool.agentIds.includes(agent.id)}
      onChange={(event) => change.mutate(event.currentTarget.checked)}
    />
  );
}
