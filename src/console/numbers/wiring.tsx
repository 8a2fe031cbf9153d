import { Button, Code, CopyButton, Group, Modal, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconHelp } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { WiringWire } from '../../api/health.ts';
import type { PhoneNumberWire } from '../../api/phone-numbers.ts';
import { wiringQuery } from '../api/resources.ts';
import { numberWords } from '../callbacks/person.tsx';
import { Failure } from '../shell/failure.tsx';
import { Waiting } from '../shell/page.tsx';
import { WhenLine } from '../time/when.tsx';

/** What stands between a number and its first call, looked at when it is opened. */
export function WiringDialog({ number, onClose }: { number: PhoneNumberWire; onClose: () => void }) {
  const wiring = useQuery(wiringQuery(number.id));
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={`Wiring of ${numberWords(number.number)}`}
      centered
      closeButtonProps={{ 'aria-label': 'Close' }}
      overlayProps={{ backgroundOpacity: 0.35 }}
    >
      {wiring.data === undefined && wiring.isError && (
        <Failure what="The wiring" error={wiring.error} onRetry={() => void wiring.refetch()} />
      )}
      {wiring.isPending && <Waiting rows={4} />}
      {wiring.data !== undefined && (
        <Stack gap="md">
          <ul className="rb-lines" aria-label="Checks">
            {wiring.data.checks.map((check) => (
              <Check key={check.name} check={check} />
            ))}
          </ul>
          <LastCalls wiring={wiring.data} />
          {wiring.data.webhooks.length > 0 && <Webhooks webhooks={wiring.data.webhooks} />}
          <Group justify="flex-end">
            <Button variant="default" loading={wiring.isFetching} onClick={() => void wiring.refetch()}>
              Check again
            </Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}

function Check({ check }: { check: WiringWire['checks'][number] }) {
  const [Icon, colour, words] =
    check.ok === true
      ? ([IconCheck, 'green', 'Good'] as const)
      : check.ok === false
        ? ([IconAlertTriangle, 'orange', 'Needs attention'] as const)
        : ([IconHelp, 'gray', 'Not known'] as const);
  return (
    <li>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <Icon
          size={18}
          aria-label={words}
          role="img"
          className="rb-flex-none"
          color={`var(--mantine-color-${colour}-light-color)`}
        />
        <Text size="sm" className="rb-free-text">
          {check.says}
        </Text>
      </Group>
    </li>
  );
}

function LastCalls({ wiring }: { wiring: WiringWire }) {
  return (
    <Text size="sm" c="dimmed" component="div">
      Last call in: {wiring.lastInboundAt === null ? 'none yet' : <WhenLine at={wiring.lastInboundAt} />}. Last call
      out: {wiring.lastOutboundAt === null ? 'none yet' : <WhenLine at={wiring.lastOutboundAt} />}.
    </Text>
  );
}

const meanings: Readonly<Record<string, string>> = {
  '/voice': 'When a call comes in',
  '/status': 'When the status of a call changes',
};

function Webhooks({ webhooks }: { webhooks: WiringWire['webhooks'] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        To enter at the carrier
      </Text>
      <ul className="rb-lines" aria-label="Webhooks">
        {webhooks.map(({ path, method, url }) => (
          <li key={path}>
            <Text size="sm">
              {meanings[path] ?? path} ({method})
            </Text>
            <Group gap="sm" mt={4}>
              <Code className="rb-free-text">{url}</Code>
              <CopyButton value={url}>
                {({ copied, copy }) => (
                  <Button size="compact-xs" variant="default" onClick={copy} aria-label={`Copy ${url}`}>
                    {copied ? 'Copied' : 'Copy'}
                  </Button>
                )}
              </CopyButton>
            </Group>
          </li>
        ))}
      </ul>
    </div>
  );
}
