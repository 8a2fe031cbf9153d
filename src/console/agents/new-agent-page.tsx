import { useNavigate } from '@tanstack/react-router';
import type { AgentWire } from '../../api/agents.ts';
import { post } from '../api/http.ts';
import { PageLink } from '../shell/page-link.tsx';
import { Page } from '../shell/page.tsx';
import { useChange } from '../shell/use-change.ts';
import { viewerZone } from '../time/format.ts';
import { AgentForm } from './agent-form.tsx';
import { emptyDraft, type Draft } from './draft.ts';
import { useAgents } from './use-agents.ts';

/** A new agent begins where the default one stands: its zone, its language, its business. */
export function NewAgentPage() {
  const navigate = useNavigate();
  const home = useAgents().find(({ isDefault }) => isDefault);
  const make = useChange({
    run: (draft: Draft) => {
      const { tools, ...input } = draft;
      // Tools begin switched on, all of them.
      return post<AgentWire>('/agents', Object.keys(tools).length === 0 ? input : draft);
    },
    touches: ['agents', 'tools'],
    done: (agent) => ({ title: 'Agent made', message: `${agent.name} can be talked to now.` }),
    failed: 'Not made',
    marksFields: true,
    onDone: (agent) => void navigate({ to: '/agents/$agentId', params: { agentId: agent.id }, ignoreBlocker: true }),
  });
  const first: Draft = {
    ...emptyDraft,
    timeZone: home?.timeZone ?? viewerZone(),
    language: home?.language ?? emptyDraft.language,
    greeting: (home?.language ?? emptyDraft.language).startsWith('en') ? 'Hello, how can I help you?' : '',
    disclosure: home?.disclosure ?? emptyDraft.disclosure,
  };
  return (
    <Page title="New agent" hint="Everything can be changed later.">
      <PageLink to="/agents" size="sm" underline="always">
        All agents
      </PageLink>
      <AgentForm
        key={home?.id ?? 'first'}
        saved={first}
        isNew
        error={make.error}
        saving={make.isPending}
        onSave={async (draft) => {
          // It tells of a refusal itself; once it is made this page is left.
          await make.mutateAsync(draft).catch(() => undefined);
          return undefined;
        }}
      />
    </Page>
  );
}
