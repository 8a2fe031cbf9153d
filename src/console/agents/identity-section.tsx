import { Autocomplete, Switch, Textarea, TextInput } from '@mantine/core';
import { Section } from '../shell/section.tsx';
import type { Editing } from './draft.ts';

const zones = Intl.supportedValuesOf('timeZone');

/** Who it is, and what it is told to do. */
export function IdentitySection({
  editing: { draft, set, fault },
  isDefault,
}: {
  editing: Editing;
  isDefault: boolean;
}) {
  return (
    <Section title="Who it is">
      <div className="rb-pair">
        <TextInput
          label="Name"
          description="Shown on this console and the softphone"
          value={draft.name}
          onChange={(event) => set({ name: event.currentTarget.value })}
          error={fault('name')}
          maxLength={100}
          required
        />
        <TextInput
          label="Language"
          description="A tag such as en-US or de-AT"
          value={draft.language}
          onChange={(event) => set({ language: event.currentTarget.value })}
          error={fault('language')}
        />
      </div>
      <Autocomplete
        label="Time zone of the business"
        description="Used where a caller's number tells no zone"
        value={draft.timeZone}
        onChange={(timeZone) => set({ timeZone })}
        data={zones}
        limit={8}
        error={fault('timeZone')}
      />
      <Textarea
        label="Instructions"
        description="What the agent is, knows and may say. Callers never hear this text itself."
        value={draft.prompt}
        onChange={(event) => set({ prompt: event.currentTarget.value })}
        error={fault('prompt')}
        autosize
        minRows={5}
        maxRows={18}
        maxLength={20_000}
      />
      <Textarea
        label="Greeting"
        description="The first words of an inbound call, after the notice"
        value={draft.greeting}
        onChange={(event) => set({ greeting: event.currentTarget.value })}
        error={fault('greeting')}
        autosize
        minRows={2}
        maxRows={6}
        maxLength={1000}
      />
      <Switch
        label="Default agent"
        description={
          isDefault
            ? 'It answers where a number names no agent. Make another agent the default to change that.'
            : 'It answers where a number names no agent. The present default gives that up.'
        }
        checked={draft.isDefault}
        disabled={isDefault}
        onChange={(event) => set({ isDefault: event.currentTarget.checked })}
        error={fault('isDefault')}
      />
    </Section>
  );
}
