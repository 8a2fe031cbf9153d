import { NativeSelect, Table, Text } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { AuditWire } from '../../api/audit.ts';
import { useAgents } from '../agents/use-agents.ts';
import { auditQuery } from '../api/resources.ts';
import { Typed } from '../callbacks/filter-bar.tsx';
import { Failure } from '../shell/failure.tsx';
import { PageLink } from '../shell/page-link.tsx';
import { Empty, Page, Waiting } from '../shell/page.tsx';
import { Pager } from '../shell/pager.tsx';
import { When } from '../time/when.tsx';
import { areas, areaWords, type AuditFilters } from './audit-filters.ts';
import { Changes } from './changes.tsx';

/** Who changed what. */
export function AuditPage() {
  const filters = useSearch({ from: '/shell/settings/audit' });
  const navigate = useNavigate();
  const { area, q, after } = filters;
  const log = useQuery({
    ...auditQuery({ area, q: q?.trim() === '' ? undefined : q, cursor: after }),
    placeholderData: keepPreviousData,
  });
  const change = (part: Partial<Record<keyof AuditFilters, string>>): void => {
    const next = Object.entries({ area, q, ...part }).filter(([, value]) => value !== undefined && value !== '');
    void navigate({ to: '/settings/audit', search: Object.fromEntries(next), replace: true });
  };
  return (
    <>
      <PageLink to="/settings" size="sm" display="inline-block" mb="xs">
        ← Settings
      </PageLink>
      <Page title="Audit log" hint="Who changed what, the newest first. What callers said never stands here.">
        <search className="rb-filters" aria-label="Filter the audit log">
          <Typed
            label="Search"
            example="Action or id"
            icon
            value={q ?? ''}
            onChange={(words) => change({ q: words })}
          />
          <NativeSelect
            label="About"
            value={area ?? ''}
            data={[{ value: '', label: 'Everything' }, ...areas.map((value) => ({ value, label: areaWords[value] }))]}
            onChange={(event) => change({ area: event.currentTarget.value })}
          />
        </search>
        {log.data === undefined && log.isError && (
          <Failure what="The audit log" error={log.error} onRetry={() => void log.refetch()} />
        )}
        {log.isPending && <Waiting />}
        {log.data?.items.length === 0 && (
          <Empty icon={<IconHistory size={32} stroke={1.4} aria-hidden />} title="Nothing is written here">
            Changes of set-up, of callbacks and of sessions are.
          </Empty>
        )}
        {log.data !== undefined && log.data.items.length > 0 && <Entries entries={log.data.items} />}
        {log.data !== undefined && (
          <Pager
            next={log.data.nextCursor}
            isFirst={after === undefined}
            to="/settings/audit"
            search={(cursor) => ({
              ...(area === undefined ? {} : { area }),
              ...(q === undefined ? {} : { q }),
              ...(cursor === null ? {} : { after: cursor }),
            })}
          />
        )}
      </Page>
    </>
  );
}

function Entries({ entries }: { entries: readonly AuditWire[] }) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
    <div className="rb-table-frame rb-stacked" tabIndex={0} role="region" aria-label="Entries of the audit log">
      <Table verticalSpacing="sm" horizontalSpacing="sm">
        <caption className="rb-visually-hidden">Changes</caption>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">When</Table.Th>
            <Table.Th scope="col">Who</Table.Th>
            <Table.Th scope="col">What</Table.Th>
            <Table.Th scope="col">About</Table.Th>
            <Table.Th scope="col">Change</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map((entry) => (
            <Table.Tr key={entry.id}>
              <Table.Td className="rb-nowrap">
                <When at={entry.at} emphasis={false} />
              </Table.Td>
              <Table.Td>{actorWords[entry.actor] ?? entry.actor}</Table.Td>
              <Table.Td>
                <Text size="sm" fw={600}>
                  {actionWords(entry.action)}
                </Text>
              </Table.Td>
              <Table.Td maw={180}>
                <Subject entry={entry} />
              </Table.Td>
              <Table.Td>
                <Changes before={entry.before} after={entry.after} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const actorWords: Readonly<Record<string, string>> = {
  operator: 'An operator',
  api: 'The API',
  caller: 'A caller',
  gateway: 'The gateway',
};

/** "Agent: changed" of "agent.changed". */
function actionWords(action: string): string {
  const [area = '', what = ''] = action.split('.');
  const words = `${area}: ${what}`.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function Subject({ entry }: { entry: AuditWire }) {
  const agents = useAgents();
  const { subjectType, subjectId } = entry;
  if (subjectType === 'callback')
    return (
      <PageLink to="/callbacks/$callbackId" params={{ callbackId: subjectId }} search={{}} size="sm" underline="always">
        Open the callback
      </PageLink>
    );
  const agent = subjectType === 'agent' ? agents.find(({ id }) => id === subjectId) : undefined;
  if (agent !== undefined)
    return (
      <PageLink to="/agents/$agentId" params={{ agentId: subjectId }} size="sm" underline="always">
        <span className="rb-free-text">{agent.name}</span>
      </PageLink>
    );
  return (
    <Text size="sm" className="rb-free-text">
      {/^[0-9a-f-]{36}$/.test(subjectId) ? `${subjectType.replaceAll('_', ' ')} …${subjectId.slice(-6)}` : subjectId}
    </Text>
  );
}
