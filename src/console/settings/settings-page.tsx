import { Anchor, Group, Stack } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { PageLink } from '../shell/page-link.tsx';
import { Page } from '../shell/page.tsx';
import { DoNotCallSection } from './do-not-call-section.tsx';
import { HealthSection } from './health-section.tsx';
import { LimitsSection } from './limits-section.tsx';
import { OutboundSection } from './outbound-section.tsx';
import { RetentionSection } from './retention-section.tsx';
import { SessionsSection } from './sessions-section.tsx';
import { SystemSection } from './system-section.tsx';

const places = [
  ['outbound', 'Outbound'],
  ['do-not-call', 'Do not call'],
  ['limits', 'Safety limits'],
  ['retention', 'Retention'],
  ['sessions', 'Sessions'],
  ['replicas', 'Replicas'],
  ['system', 'Vendors'],
] as const;

/** What holds for the whole installation. */
export function SettingsPage() {
  const { hash } = useLocation();
  useEffect(() => {
    document.getElementById(hash)?.scrollIntoView({ block: 'start' });
  }, [hash]);
  return (
    <Page title="Settings" hint="What holds for every agent and every number.">
      <Group component="nav" aria-label="On this page" gap="md">
        {places.map(([anchor, words]) => (
          <Anchor key={anchor} href={`#${anchor}`} size="sm" underline="always">
            {words}
          </Anchor>
        ))}
        <PageLink to="/settings/audit" search={{}} size="sm" underline="always">
          Audit log
        </PageLink>
      </Group>
      <Stack gap="lg" className="rb-form">
        <OutboundSection />
        <DoNotCallSection />
        <LimitsSection />
        <RetentionSection />
        <SessionsSection />
        <HealthSection />
        <SystemSection />
      </Stack>
    </Page>
  );
}
