import { Badge, Group, Stack, Text, Title } from '@mantine/core';
import { IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useAgents } from '../agents/use-agents.ts';
import { toolList } from '../api/resources.ts';
import { Failure } from '../shell/failure.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';

export function ToolsPage() {
  const tools = useQuery(toolList);
  const agents = useAgents();
  return (
    <Page title="Tools" hint="What agents can do in the middle of a call.">
      {tools.data === undefined && tools.isError && (
        <Failure what="The tools" error={tools.error} onRetry={() => void tools.refetch()} />
      )}
      {tools.isPending && <Waiting rows={3} />}
      {tools.data?.items.length === 0 && (
        <Empty icon={<IconTool size={32} stroke={1.4} aria-hidden />} title="No tools">
          A tool is one file; the guide “Add a tool” shows how.
        </Empty>
      )}
      <Stack gap="sm">
        {tools.data?.items.map((tool) => (
          <Stack key={tool.name} component="article" className="rb-card" p="md" gap={6}>
            <Group gap="sm" align="baseline">
              <Title order={2} size="h5">
                {tool.title}
              </Title>
              <Text size="xs" c="dimmed" ff="monospace">
                {tool.name}
              </Text>
            </Group>
            <Text size="sm">{tool.summary}</Text>
            <Group gap={6}>
              {tool.agentIds.length === 0 && (
                <Text size="xs" c="dimmed">
                  Off for every agent
                </Text>
              )}
              {tool.agentIds.map((agentId) => (
                <Badge key={agentId} variant="light" tt="none">
                  {agents.find(({ id }) => id === agentId)?.name ?? 'An agent'}
                </Badge>
              ))}
            </Group>
          </Stack>
        ))}
      </Stack>
    </Page>
  );
}
