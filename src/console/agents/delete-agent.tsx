import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import type { AgentWire } from '../../api/agents.ts';
import { remove } from '../api/http.ts';
import { Confirm } from '../shell/confirm.tsx';
import { useChange } from '../shell/use-change.ts';

export function DeleteAgent({ agent }: { agent: AgentWire }) {
  const [asking, { open, close }] = useDisclosure(false);
  const navigate = useNavigate();
  const del = useChange({
    run: () => remove(`/agents/${agent.id}`),
    touches: ['agents', 'tools', 'numbers'],
    done: () => ({ title: 'Agent deleted', message: 'Its calls stay in the logs.' }),
    failed: 'Not deleted',
    onDone: () => void navigate({ to: '/agents', ignoreBlocker: true }),
  });
  return (
    <>
      <Button variant="subtle" color="red" leftSection={<IconTrash size={17} aria-hidden />} onClick={open}>
        Delete
      </Button>
      <Confirm
        opened={asking}
        title={`Delete ${agent.name}?`}
        confirm="Delete"
        pending={del.isPending}
        onConfirm={() => del.mutate(undefined, { onSettled: close })}
        onClose={close}
      >
        Nobody answers as this agent any more. Its calls and callbacks of the past stay in the logs.
      </Confirm>
    </>
  );
}
