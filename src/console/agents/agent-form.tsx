import { Button, Group, Stack, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { ApiError, sentence } from '../api/http.ts';
import { Confirm } from '../shell/confirm.tsx';
import { CallSection } from './call-section.tsx';
import { CallbackSection } from './callback-section.tsx';
import { changesOf, type Draft, type Editing } from './draft.ts';
import { IdentitySection } from './identity-section.tsx';
import { ToolsSection } from './tools-section.tsx';
import { VendorSection } from './vendor-section.tsx';

/** All settings of an agent. What is not saved yet is not left behind unasked. */
export function AgentForm({
  saved,
  isNew,
  error,
  saving,
  onSave,
}: {
  saved: Draft;
  isNew: boolean;
  /** Why the last try to save was refused. */
  error: Error | null;
  saving: boolean;
  /** Gets the whole draft, and the members in which it differs; resolves with what was kept, or undefined where nothing was. */
  onSave: (draft: Draft, changes: object) => Promise<Draft | undefined>;
}) {
  const [draft, setDraft] = useState(saved);
  // Text inputs keep what was typed; a discarded draft draws them anew.
  const [edition, setEdition] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const changes = changesOf(saved, draft);
  const dirty = Object.keys(changes).length > 0;
  const fields = error instanceof ApiError ? error.fields : [];
  const editing: Editing = {
    draft,
    set: (change) => setDraft((known) => ({ ...known, ...change })),
    setPolicy: (change) => setDraft((known) => ({ ...known, callbackPolicy: { ...known.callbackPolicy, ...change } })),
    fault: (path) => {
      const found = fields.find((field) => field.path === path || field.path.startsWith(`${path}.`));
      return found === undefined ? undefined : sentence(found.message);
    },
  };
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && !saving && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });

  useEffect(() => {
    // The first field that was refused, wherever it is on the page.
    if (error !== null) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);

  const save = async (): Promise<void> => {
    const kept = await onSave(draft, changes);
    if (kept === undefined) return;
    // What was typed while it was being saved stays.
    setDraft((now) => (now === draft ? kept : now));
    setEdition((known) => known + 1);
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (dirty || isNew) void save();
  };

  return (
    <form onSubmit={submit} ref={form} className="rb-form" noValidate aria-label="Settings of the agent">
      <Stack gap="lg" key={edition}>
        {(dirty || isNew) && (
          <Group className="rb-save-bar" justify="space-between" gap="sm">
            <Text size="sm" fw={600} role="status">
              {fields.length > 0
                ? 'Not saved: some fields need another look'
                : isNew
                  ? 'Not made yet'
                  : 'Changes not saved yet'}
            </Text>
            <Group gap="sm">
              {!isNew && (
                <Button
                  variant="default"
                  size="sm"
                  onClick={() => {
                    setDraft(saved);
                    setEdition((known) => known + 1);
                  }}
                >
                  Discard
                </Button>
              )}
              <Button type="submit" size="sm" loading={saving}>
                {isNew ? 'Make the agent' : 'Save'}
              </Button>
            </Group>
          </Group>
        )}
        <IdentitySection editing={editing} isDefault={saved.isDefault} />
        <VendorSection editing={editing} />
        {!isNew && <ToolsSection editing={editing} />}
        <CallbackSection editing={editing} />
        <CallSection editing={editing} />
      </Stack>
      <Confirm
        opened={leaving.status === 'blocked'}
        title="Leave without saving?"
        confirm="Leave"
        onConfirm={() => leaving.proceed?.()}
        onClose={() => leaving.reset?.()}
      >
        What you changed on this page is lost then.
      </Confirm>
    </form>
  );
}
