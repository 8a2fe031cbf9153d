import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './console.css';
import './shell/shell.css';
import './callbacks/callbacks.css';
import './calls/calls.css';
import './shell/forms.css';
import './softphone/softphone.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';
import { ApiError } from './api/http.ts';
import { systemQuery } from './api/resources.ts';
import { router } from './router.tsx';
import { signedOutHere } from './sign-in/way-back.ts';
import { readableColours, theme } from './theme.ts';

/* The page: opens what all rooms share, and shows the one that the address names. */

const queries = new QueryClient({
  queryCache: new QueryCache({ onError: leaveWhenSignedOut }),
  mutationCache: new MutationCache({ onError: leaveWhenSignedOut }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // A refusal is final; what did not answer is asked again, for half a minute.
      retry: (failures, error) =>
        failures < 5 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 500),
      retryDelay: (failures) => Math.min(8_000, 500 * 2 ** failures),
      // The gateway is reached over loopback too, which browsers call offline.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

function leaveWhenSignedOut(error: Error): void {
  if (!(error instanceof ApiError) || error.status !== 401 || router.latestLocation.pathname === '/sign-in') return;
  // Whoever had the console open was signed out; whoever comes without a session was not.
  const wasSignedIn = queries.getQueryData(systemQuery.queryKey) !== undefined;
  queries.clear();
  void router.navigate({ to: '/sign-in', search: wasSignedIn ? signedOutHere() : {} });
}

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
createRoot(root).render(
  <MantineProvider theme={theme} cssVariablesResolver={readableColours} defaultColorScheme="auto">
    <Notifications position="bottom-left" limit={4} containerWidth={360} />
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </MantineProvider>,
);
