import { Alert, Anchor, Collapse, Group, List, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconFlask } from '@tabler/icons-react';
import type { SystemWire } from '../../api/system.ts';
import { pageClock } from '../time/clock.ts';
import { PageLink } from './page-link.tsx';

/** Above it the times on this computer mislead. */
const SKEW_MS = 30_000;

/** What an operator must know on every page: held outbound, a wrong clock, and which parts only stand in. */
export function Notices({ system }: { system: SystemWire }) {
  const skewMs = pageClock.aheadMs;
  return (
    <Stack gap="sm" mb="lg" className="rb-notices">
      {system.outbound.held && (
        <Alert color="orange" icon={<IconAlertTriangle />} title="Outbound calls are held">
          <span className="rb-free-text">
            {system.outbound.heldReason ?? 'Nothing is dialled until an operator releases it.'}
          </span>{' '}
          <PageLink to="/settings" hash="outbound" size="sm" underline="always">
            Settings
          </PageLink>
        </Alert>
      )}
      {Math.abs(skewMs) > SKEW_MS && (
        <Alert color="yellow" icon={<IconAlertTriangle />} title="This computer's clock is off">
          It is {Math.round(Math.abs(skewMs) / 1000)} seconds {skewMs > 0 ? 'behind' : 'ahead of'} the gateway.
          Countdowns here follow the gateway.
        </Alert>
      )}
      {system.standIns.length > 0 && <StandIns standIns={system.standIns} />}
    </Stack>
  );
}

function StandIns({ standIns }: { standIns: SystemWire['standIns'] }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <section className="rb-stand-ins" aria-label="Stand-ins">
      <Group gap="xs" wrap="nowrap" align="flex-start">
        <IconFlask size={18} stroke={1.7} aria-hidden className="rb-stand-ins-icon" />
        <Text size="sm">
          Stand-ins are in use: {standIns.map(({ title }) => title).join(', ')}.{' '}
          <Anchor component="button" type="button" size="sm" underline="always" aria-expanded={opened} onClick={toggle}>
            {opened ? 'Hide what that means' : 'What that means'}
          </Anchor>
        </Text>
      </Group>
      <Collapse expanded={opened}>
        <List size="sm" mt="xs" spacing={4} pl="md">
          {standIns.map(({ kind, name, title, notice }) => (
            <List.Item key={`${kind} ${name}`}>
              <Text span size="sm" fw={600}>
                {title}
              </Text>
              {': '}
              {notice}
            </List.Item>
          ))}
        </List>
        <Text size="sm" c="dimmed" mt="xs">
          Each real part takes its place as soon as its settings are in the environment.
        </Text>
      </Collapse>
    </section>
  );
}
