import {
  ActionIcon,
  Group,
  NavLink,
  Stack,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import {
  IconAddressBook,
  IconLogout,
  IconMoon,
  IconPhoneCall,
  IconSettings,
  IconSun,
  IconTimelineEvent,
  IconTool,
  IconUsers,
} from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { remove } from '../api/http.ts';
import { Brand } from './brand.tsx';
import { ConnectionDot } from './connection-dot.tsx';
import { PaletteKey } from './palette-key.tsx';

const pages = [
  { to: '/callbacks', label: 'Callbacks', Icon: IconPhoneCall },
  { to: '/calls', label: 'Call logs', Icon: IconTimelineEvent },
  { to: '/agents', label: 'Agents', Icon: IconUsers },
  { to: '/tools', label: 'Tools', Icon: IconTool },
  { to: '/phone-numbers', label: 'Phone numbers', Icon: IconAddressBook },
  { to: '/settings', label: 'Settings', Icon: IconSettings },
] as const;

export function Navigation() {
  const { pathname } = useLocation();
  return (
    <Stack h="100%" justify="space-between">
      <Stack gap="lg">
        <Group visibleFrom="sm" px={4} pt={4}>
          <Brand />
        </Group>
        <PaletteKey />
        <nav aria-label="Pages">
          <Stack gap={2}>
            {pages.map(({ to, label, Icon }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                label={label}
                leftSection={<Icon size={18} stroke={1.7} aria-hidden />}
                active={pathname === to || pathname.startsWith(`${to}/`)}
                aria-current={pathname === to ? 'page' : undefined}
                className="rb-nav-link"
              />
            ))}
          </Stack>
        </nav>
      </Stack>
      <Group justify="space-between" wrap="nowrap" px={4}>
        <ConnectionDot />
        <Group gap={4} wrap="nowrap">
          <SchemeSwitch />
          <SignOut />
        </Group>
      </Group>
    </Stack>
  );
}

function SchemeSwitch() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const label = dark ? 'Use light colours' : 'Use dark colours';
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <IconSun size={18} /> : <IconMoon size={18} />}
      </ActionIcon>
    </Tooltip>
  );
}

function SignOut() {
  const navigate = useNavigate();
  const signOut = useMutation({
    mutationFn: () => remove('/session'),
    onSettled: () => navigate({ to: '/sign-in', search: {} }),
  });
  return (
    <Tooltip label="Sign out">
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label="Sign out"
        loading={signOut.isPending}
        onClick={() => signOut.mutate()}
      >
        <IconLogout size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
