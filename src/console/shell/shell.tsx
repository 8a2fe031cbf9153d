import { AppShell, Box, Burger, Group, Loader, Center } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Outlet, useLocation } from '@tanstack/react-router';
import { useEffect } from 'react';
import { systemQuery } from '../api/resources.ts';
import { Dock } from '../softphone/dock.tsx';
import { PhoneProvider } from '../softphone/phone-context.tsx';
import { Brand } from './brand.tsx';
import { ConnectionDot } from './connection-dot.tsx';
import { Failure } from './failure.tsx';
import { LiveProvider } from './live.tsx';
import { Navigation } from './navigation.tsx';
import { Notices } from './notices.tsx';

/** The frame around every page: navigation, the live line, notices, and the softphone. Only for who is signed in. */
export function Shell() {
  const system = useQuery(systemQuery);
  const [opened, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  useEffect(close, [pathname, close]);

  if (system.data === undefined) {
    return (
      <Center component="main" mih="100dvh" p="md">
        {system.isError ? (
          <Failure what="The console" error={system.error} onRetry={() => void system.refetch()} />
        ) : (
          <Loader role="status" aria-label="Loading" />
        )}
      </Center>
    );
  }
  return (
    <LiveProvider>
      <PhoneProvider>
        <a className="rb-skip" href="#content">
          Skip to content
        </a>
        <AppShell
          header={{ height: { base: 56, sm: 0 } }}
          navbar={{ width: 224, breakpoint: 'sm', collapsed: { mobile: !opened } }}
          padding={{ base: 'md', md: 'xl' }}
        >
          <AppShell.Header hiddenFrom="sm" className="rb-header">
            <Group h="100%" px="md" justify="space-between">
              <Group gap="sm">
                <Burger
                  opened={opened}
                  onClick={toggle}
                  size="sm"
                  aria-label={opened ? 'Close the menu' : 'Open the menu'}
                  aria-expanded={opened}
                />
                <Brand />
              </Group>
              <ConnectionDot />
            </Group>
          </AppShell.Header>
          <AppShell.Navbar className="rb-navbar" p="md">
            <Navigation />
          </AppShell.Navbar>
          <AppShell.Main id="content" tabIndex={-1} className="rb-main">
            <Box maw={1240} mx="auto">
              <Notices system={system.data} />
              <Outlet />
            </Box>
          </AppShell.Main>
        </AppShell>
        <Dock speech={system.data.speech} />
      </PhoneProvider>
    </LiveProvider>
  );
}
