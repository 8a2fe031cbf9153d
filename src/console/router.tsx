import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { CallbacksPage } from './callbacks/callbacks-page.tsx';
import { readFilters } from './callbacks/filters.ts';
import { readCallFilters } from './calls/filters.ts';
import { NoSuchPage, PageFailure } from './shell/failure.tsx';
import { Shell } from './shell/shell.tsx';
import { readAuditFilters } from './settings/audit-filters.ts';
import { SignInPage } from './sign-in/sign-in-page.tsx';
import { readSignIn } from './sign-in/way-back.ts';

/* Every address of the console. What a page shows stands in its address, so that it can be shared. */

const root = createRootRoute({ component: Outlet, notFoundComponent: NoSuchPage, errorComponent: PageFailure });

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: readSignIn,
  component: SignInPage,
});

/** Everything behind the sign-in. */
const shell = createRoute({ getParentRoute: () => root, id: 'shell', component: Shell });

const home = createRoute({
  getParentRoute: () => shell,
  path: '/',
  beforeLoad: () => {
    // oxlint-disable-next-line typescript/only-throw-error -- the router's own way to say so
    throw redirect({ to: '/callbacks', search: {}, replace: true });
  },
});
const callbacks = createRoute({
  getParentRoute: () => shell,
  path: '/callbacks',
  validateSearch: readFilters,
  component: CallbacksPage,
});
const callback = createRoute({
  getParentRoute: () => callbacks,
  path: '$callbackId',
  // With what only a detail needs: the timeline, the words of the call.
  component: lazyRouteComponent(() => import('./callbacks/callback-drawer.tsx'), 'CallbackDrawer'),
});
const calls = createRoute({
  getParentRoute: () => shell,
  path: '/calls',
  validateSearch: readCallFilters,
  component: lazyRouteComponent(() => import('./calls/calls-page.tsx'), 'CallsPage'),
});
const call = createRoute({
  getParentRoute: () => shell,
  path: '/calls/$callId',
  // The player comes along only here.
  component: lazyRouteComponent(() => import('./calls/call-page.tsx'), 'CallPage'),
});
const agents = createRoute({
  getParentRoute: () => shell,
  path: '/agents',
  component: lazyRouteComponent(() => import('./agents/agents-page.tsx'), 'AgentsPage'),
});
const agent = createRoute({
  getParentRoute: () => shell,
  path: '/agents/$agentId',
  // Forms come along only where there is one.
  component: lazyRouteComponent(() => import('./agents/agent-page.tsx'), 'AgentPage'),
});
const newAgent = createRoute({
  getParentRoute: () => shell,
  path: '/agents/new',
  component: lazyRouteComponent(() => import('./agents/new-agent-page.tsx'), 'NewAgentPage'),
});
const tools = createRoute({
  getParentRoute: () => shell,
  path: '/tools',
  component: lazyRouteComponent(() => import('./tools/tools-page.tsx'), 'ToolsPage'),
});
const numbers = createRoute({
  getParentRoute: () => shell,
  path: '/phone-numbers',
  component: lazyRouteComponent(() => import('./numbers/numbers-page.tsx'), 'NumbersPage'),
});
const settings = createRoute({
  getParentRoute: () => shell,
  path: '/settings',
  component: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
});

const audit = createRoute({
  getParentRoute: () => shell,
  path: '/settings/audit',
  validateSearch: readAuditFilters,
  component: lazyRouteComponent(() => import('./settings/audit-page.tsx'), 'AuditPage'),
});

const routeTree = root.addChildren([
  signIn,
  shell.addChildren([
    home,
    callbacks.addChildren([callback]),
    calls,
    call,
    agents,
    newAgent,
    agent,
    tools,
    numbers,
    settings,
    audit,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  // Search values are plain words: no JSON quoting in the address.
  parseSearch: (search) => Object.fromEntries(new URLSearchParams(search)),
  stringifySearch: (search) => {
    const words = Object.entries(search).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
    return words.length === 0 ? '' : `?${new URLSearchParams(words)}`;
  },
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
