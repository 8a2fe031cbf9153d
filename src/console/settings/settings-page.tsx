import { Stack } from '@mantine/core';
import { useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { Page } from '../shell/page.tsx';
import { DoNotCallSection } from './do-not-call-section.tsx';
import { OutboundSection } from './outbound-section.tsx';
import { SystemSection } from './system-section.tsx';

/** What holds for the whole installation. */
export function SettingsPage() {
  const { hash } = useLocation();
  useEffect(() => {
    document.getElementById(hash)?.scrollIntoView({ block: 'start' });
  }, [hash]);
  return (
    <Page title="Settings" hint="What holds for every agent and every number.">
      <Stack gap="lg" className="rb-form">
        <OutboundSection />
        <DoNotCallSection />
        <SystemSection />
      </Stack>
    </Page>
  );
}
