import { Stack, Switch, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { toolList } from '../api/resources.ts';
import { Section } from '../shell/section.tsx';
import type { Editing } from './draft.ts';

/** What it may do in the middle of a call. */
export function ToolsSection({ editing: { draft, set, fault } }: { editing: Editing }) {
  const tools = useQuery(toolList);
  return (
    <Section title="Tools" hint="What it may do in the middle of a call.">
      {tools.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          There are no tools.
        </Text>
      )}
      <Stack gap="md">
        {tools.data?.items.map((tool) => (
          <Switch
            key={tool.name}
            label={tool.title}
            description={tool.summary}
            checked={draft.tools[tool.setting] === true}
            error={fault(`tools.${tool.setting}`)}
            onChange={(event) => set({ tools: { ...draft.tools, [tool.setting]: event.currentTarget.checked } })}
          />
        ))}
      </Stack>
    </Section>
  );
}
