import { useQuery } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import { agentList } from '../api/resources.ts';

export function useAgents(): readonly AgentWire[] {
  return useQuery(agentList).data?.items ?? [];
}

/** Its name, or a dash while the agents are not known, or when it is gone. */
export function useAgentName(agentId: string): string {
  return useAgents().find(({ id }) => id === agentId)?.name ?? '–';
}
