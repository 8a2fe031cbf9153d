import { useQuery } from '@tanstack/react-query';
import type { AgentWire } from '../../api/agents.ts';
import { agentList } from '../api/resources.ts';

export function useAgents(): readonly AgentWire[] {
  return useQuery(agentList).data?.items ?? [];
}

/** Its name, or a dash while the agents are not known. */
export function useAgentName(agentId: string): string {
  const { data } = useQuery(agentList);
  if (data === undefined) return '–';
  return data.items.find(({ id }) => id === agentId)?.name ?? 'A deleted agent';
}
