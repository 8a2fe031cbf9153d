import { Modal, Text, TextInput, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { remove } from '../api/http.ts';
import { useFindings, type Finding } from './use-findings.ts';

const TYPED_MS = 150;

/** Finds pages, actions, callbacks, calls, agents and numbers by their words; arrows choose, Enter opens. */
export function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Modal
      opened
      onClose={onClose}
      withCloseButton={false}
      size="lg"
      yOffset="10vh"
      padding={0}
      title={undefined}
      aria-label="Find anything"
      overlayProps={{ backgroundOpacity: 0.35 }}
      transitionProps={{ duration: 0 }}
    >
      <Search onClose={onClose} />
    </Modal>
  );
}

function Search({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), TYPED_MS);
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const navigate = useNavigate();
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const { findings, searching } = useFindings(text.trim(), asked, {
    navigate,
    colours: {
      words: dark ? 'Use light colours' : 'Use dark colours',
      switch: () => setColorScheme(dark ? 'light' : 'dark'),
    },
    signOut: () =>
      void remove('/session')
        .catch(() => undefined)
        .then(() => navigate({ to: '/sign-in', search: {} })),
  });
  const chosen = Math.min(at, findings.length - 1);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);
  const open = (finding: Finding | undefined): void => {
    if (finding === undefined) return;
    onClose();
    finding.open();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const moves: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };
    const move = moves[event.key];
    if (move !== undefined && findings.length > 0) {
      event.preventDefault();
      setAt((chosen + move + findings.length) % findings.length);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      open(findings[chosen]);
    }
  };
  return (
    <>
      <TextInput
        data-autofocus
        variant="unstyled"
        size="md"
        className="rb-palette-input"
        leftSection={<IconSearch size={18} aria-hidden />}
        role="combobox"
        aria-label="Find anything"
        aria-expanded
        aria-controls={`${id}-list`}
        aria-activedescendant={findings.length === 0 ? undefined : `${id}-${chosen}`}
        aria-autocomplete="list"
        placeholder="A page, a person, a number, a reason, an action"
        value={text}
        maxLength={200}
        autoComplete="off"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div role="listbox" id={`${id}-list`} aria-label="Findings" className="rb-palette-list" ref={list}>
        {findings.map((finding, index) => (
          // The keyboard's way is the input above: it names the chosen option.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
          <div
            key={finding.key}
            role="option"
            id={`${id}-${index}`}
            aria-selected={index === chosen}
            className="rb-palette-option"
            onClick={() => open(finding)}
            onPointerMove={() => setAt(index)}
          >
            <finding.Icon size={17} stroke={1.7} aria-hidden />
            <Text span size="sm" className="rb-free-text rb-clamp" flex={1}>
              {finding.words}
            </Text>
            <Text span size="xs" c="dimmed" className="rb-nowrap">
              {finding.kind}
            </Text>
          </div>
        ))}
      </div>
      <Text size="xs" c="dimmed" role="status" px="md" py={8}>
        {findings.length > 0
          ? `${findings.length} found; arrows choose, Enter opens`
          : searching
            ? 'Looking…'
            : 'Nothing of that name. Callbacks are found by name, number, reason and agent; calls by number and summary.'}
      </Text>
    </>
  );
}
