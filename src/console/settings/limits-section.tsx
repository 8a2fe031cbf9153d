import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { policyWords } from '../agents/words.ts';
import { useAgents } from '../agents/use-agents.ts';
import { healthQuery } from '../api/resources.ts';
import { Fact, Facts } from '../shell/facts.tsx';
import { PageLink } from '../shell/page-link.tsx';
import { Section } from '../shell/section.tsx';

/** What is never exceeded. Shown here, changed in the environment and with each agent. */
export function LimitsSection() {
  const limits = useQuery(healthQuery).data?.limits;
  const agents = useAgents();
  return (
    <Section
      title="Safety limits"
      hint="What is kept whatever a caller or a model asks for. Set in the environment and with each agent."
      anchor="limits"
    >
      <Facts>
        <Fact name="Never dialled">
          Premium, shared-cost, satellite, short and emergency numbers, and all on the do-not-call list.
        </Fact>
        <Fact name="Allowlist">
          {limits?.outboundAllowlist == null
            ? 'None: all numbers that the rules allow (OUTBOUND_ALLOWLIST)'
            : `Only ${limits.outboundAllowlist} numbers are ever dialled (OUTBOUND_ALLOWLIST)`}
        </Fact>
        <Fact name="Calls at once">
          {limits?.maxConcurrentCalls == null
            ? 'As many as a replica bears before it is overloaded (MAX_CONCURRENT_CALLS)'
            : `${limits.maxConcurrentCalls} in each replica (MAX_CONCURRENT_CALLS)`}
        </Fact>
        {limits !== undefined && (
          <Fact name="At a stop">Live calls have {limits.drainSeconds} seconds to end (DRAIN_TIMEOUT_SECONDS)</Fact>
        )}
      </Facts>
      {agents.map(({ id, name, callbackPolicy }) => (
        <details key={id} className="rb-policy">
          <summary className="rb-long-words">
            <bdi>{name}</bdi>: at most {callbackPolicy.maxDialsPerDay} dials a day to one person,{' '}
            {callbackPolicy.callingHours === null
              ? 'at any hour'
              : `${callbackPolicy.callingHours.start} to ${callbackPolicy.callingHours.end} there`}
          </summary>
          <ul className="rb-words">
            {policyWords(callbackPolicy).map((sentence) => (
              <li key={sentence}>{sentence}</li>
            ))}
          </ul>
          <Text size="sm" mt={6}>
            <PageLink to="/agents/$agentId" params={{ agentId: id }} size="sm" underline="always">
              Change it with the agent
            </PageLink>
          </Text>
        </details>
      ))}
    </Section>
  );
}
