import { Badge, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { IconPlus, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import { agentList } from '../api/resources.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { Failure } from '../shell/failure.tsx';
import { ButtonLink, PageLink } from '../shell/page-link.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { TalkButton } from './talk-button.tsx';
import { recordingWords, vendorWords } from './words.ts';

export function AgentsPage() {
  const agents = useQuery(agentList);
  return (
    <Page
      title="Agents"
      hint="Who answers, and how they keep promises."
      actions={
        <ButtonLink to="/agents/new" leftSection={<IconPlus size={17} aria-hidden />}>
          New agent
        </ButtonLink>
      }
    >
      {agents.data === undefined && agents.isError && (
        <Failure what="The agents" error={agents.error} onRetry={() => void agents.refetch()} />
      )}
      {agents.isPending && <Waiting rows={3} />}
      {agents.data?.items.length === 0 && (
        <Empty icon={<IconUsers size={32} stroke={1.4} aria-hidden />} title="No agents">
          Without an agent, calls are politely refused.
        </Empty>
      )}
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        {agents.data?.items.map((agent) => (
          <AgentCard key={agent.id} agent={agent} />
        ))}
      </SimpleGrid>
    </Page>
  );
}

function AgentCard({ agent }: { agent: AgentWire }) {
  const policy = agent.callbackPolicy;
  return (
    <Stack component="article" className="rb-card" p="lg" gap="md">
      <Group gap="sm">
        <Title order={2} size="h4" className="rb-free-text">
          <PageLink to="/agents/$agentId" params={{ agentId: agent.id }} inherit>
            {agent.name}
          </PageLink>
        </Title>
        {agent.isDefault && (
          <Badge variant="light" tt="none">
            Default
          </Badge>
        )}
      </Group>
      <Text size="sm" className="rb-free-text" lineClamp={4}>
        {agent.prompt === '' ? 'No instructions.' : agent.prompt}
      </Text>
      <Facts>
        <Fact name="Greeting">{agent.greeting === '' ? 'None' : agent.greeting}</Fact>
        <Fact name="Language">
          {agent.language}, {agent.timeZone}
        </Fact>
        <Fact name="Voice">{vendorWords(agent.voice)}</Fact>
        <Fact name="LLM">{vendorWords(agent.llm)}</Fact>
        <Fact name="STT">{vendorWords(agent.stt)}</Fact>
        <Fact name="Recording">{recordingWords[agent.recording]}</Fact>
        <Fact name="AI notice">
          {agent.disclosure.enabled ? `On, for ${agent.disclosure.businessName || 'a business without a name'}` : 'Off'}
        </Fact>
        <Fact name="Callbacks">
          {policy.maxAttempts} {policy.maxAttempts === 1 ? 'attempt' : 'attempts'},{' '}
          {policy.callingHours === null
            ? 'at any hour'
            : `from ${policy.callingHours.start} to ${policy.callingHours.end} their time`}
        </Fact>
      </Facts>
      <Group gap="sm" mt="auto">
        <ButtonLink
          to="/agents/$agentId"
          params={{ agentId: agent.id }}
          variant="default"
          aria-label={`Edit ${agent.name}`}
        >
          Edit
        </ButtonLink>
        <TalkButton agentId={agent.id} name={agent.name} />
      </Group>
    </Stack>
  );
}
