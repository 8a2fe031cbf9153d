import { Alert, NativeSelect, Switch, TextInput } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { AgentWire } from '../../api/agents.ts';
import { Section } from '../shell/section.tsx';
import type { Editing } from './draft.ts';
import { Amount } from './inputs.tsx';
import { recordingWords } from './words.ts';

const modes = ['announce', 'on', 'off'] as const satisfies readonly AgentWire['recording'][];

/** What callers are told, what is recorded, and where a call ends by itself. */
export function CallSection({ editing: { draft, set, fault } }: { editing: Editing }) {
  const { disclosure, limits } = draft;
  return (
    <Section title="On the call">
      <Switch
        label="Say that it is an AI"
        description="The first sentence of every call names the AI and whom it speaks for. Nobody can interrupt it."
        checked={disclosure.enabled}
        onChange={(event) => set({ disclosure: { ...disclosure, enabled: event.currentTarget.checked } })}
      />
      {!disclosure.enabled && (
        <Alert color="orange" icon={<IconAlertTriangle />}>
          Many countries require this notice. That it was switched off is kept in the audit log.
        </Alert>
      )}
      <div className="rb-pair">
        <TextInput
          label="Business"
          description="Whom it speaks for"
          value={disclosure.businessName}
          onChange={(event) => set({ disclosure: { ...disclosure, businessName: event.currentTarget.value } })}
          error={fault('disclosure.businessName')}
          maxLength={100}
        />
        <NativeSelect
          label="Recording"
          description="Both sides, each on its own channel"
          value={draft.recording}
          data={modes.map((mode) => ({ value: mode, label: recordingWords[mode] }))}
          onChange={(event) =>
            set({ recording: modes.find((mode) => mode === event.currentTarget.value) ?? 'announce' })
          }
        />
      </div>
      <div className="rb-pair">
        <Amount
          label="Asks after a silence of"
          suffix=" seconds"
          value={limits.silencePromptSeconds}
          onChange={(silencePromptSeconds) => set({ limits: { ...limits, silencePromptSeconds } })}
          error={fault('limits.silencePromptSeconds')}
        />
        <Amount
          label="Says goodbye after asking"
          suffix=" times"
          value={limits.silencePrompts}
          onChange={(silencePrompts) => set({ limits: { ...limits, silencePrompts } })}
          error={fault('limits.silencePrompts')}
        />
        <Amount
          label="Ends a call after"
          suffix=" minutes"
          value={limits.maxCallMinutes}
          onChange={(maxCallMinutes) => set({ limits: { ...limits, maxCallMinutes } })}
          error={fault('limits.maxCallMinutes')}
        />
      </div>
    </Section>
  );
}
