import { Autocomplete } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AgentWire } from '../../api/agents.ts';
import type { SystemWire } from '../../api/system.ts';
import { systemQuery } from '../api/resources.ts';
import { Section } from '../shell/section.tsx';
import type { Editing } from './draft.ts';

type Choice = AgentWire['voice'];

/** Which vendors think, speak and listen for it. */
export function VendorSection({ editing: { draft, set, fault } }: { editing: Editing }) {
  const vendors = useQuery(systemQuery).data?.vendors ?? [];
  return (
    <Section
      title="Voice and models"
      hint="vendor or vendor/model; several with commas, in the order in which they are to be tried. Empty is the first that is set up."
    >
      <div className="rb-pair">
        <VendorInput
          label="Voice"
          kind="tts"
          value={draft.voice}
          vendors={vendors}
          error={fault('voice')}
          onChange={(voice) => set({ voice })}
        />
        <VendorInput
          label="Language model"
          kind="llm"
          value={draft.llm}
          vendors={vendors}
          error={fault('llm')}
          onChange={(llm) => set({ llm })}
        />
        <VendorInput
          label="Speech recognition"
          kind="stt"
          value={draft.stt}
          vendors={vendors}
          error={fault('stt')}
          onChange={(stt) => set({ stt })}
        />
      </div>
    </Section>
  );
}

function VendorInput({
  label,
  kind,
  value,
  vendors,
  error,
  onChange,
}: {
  label: string;
  kind: SystemWire['vendors'][number]['kind'];
  value: Choice;
  vendors: SystemWire['vendors'];
  error: string | undefined;
  onChange: (choice: Choice) => void;
}) {
  const [text, setText] = useState(textOf(value));
  const here = vendors.filter((vendor) => vendor.kind === kind && vendor.inUse);
  const unknown = wordsOf(text).filter((word) => !here.some(({ name }) => name === word.split('/')[0]));
  return (
    <Autocomplete
      label={label}
      placeholder="The first that is set up"
      value={text}
      data={here.map(({ name }) => name)}
      error={error}
      description={
        unknown.length > 0 && here.length > 0
          ? `${unknown.join(', ')} is not set up here; ${here[0]?.title ?? 'another'} would take its place.`
          : here.length === 0
            ? 'None is set up here.'
            : `Set up: ${here.map(({ title }) => title).join(', ')}`
      }
      onChange={(typed) => {
        setText(typed);
        onChange(choiceOf(typed));
      }}
    />
  );
}

function textOf(choice: Choice): string {
  if (choice === null) return '';
  return typeof choice === 'string' ? choice : choice.join(', ');
}

function wordsOf(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

function choiceOf(text: string): Choice {
  const [first, ...rest] = wordsOf(text);
  if (first === undefined) return null;
  return rest.length === 0 ? first : [first, ...rest];
}
