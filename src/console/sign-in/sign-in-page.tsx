import { Alert, Anchor, Button, Center, Code, Loader, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useState, type SubmitEvent } from 'react';
import { ApiError, post } from '../api/http.ts';
import { systemQuery } from '../api/resources.ts';
import { Brand } from '../shell/brand.tsx';
import { readSignIn } from './way-back.ts';

/** By the link that the gateway printed, or by the admin token. */
export function SignInPage() {
  // The router hands on what the page's own reading left out.
  const { code, ended, to } = readSignIn({ ...useSearch({ from: '/sign-in' }) });
  const [token, setToken] = useState('');
  const navigate = useNavigate();
  const queries = useQueryClient();
  const signIn = useMutation({
    mutationFn: async (input: { token: string } | { code: string }) => {
      try {
        await post('/session', input);
      } catch (error) {
        // A link that was used by this very browser still leads to the console.
        if (!('code' in input) || !(await signedInAlready())) throw error;
      }
    },
    onSuccess: async () => {
      queries.clear();
      await navigate({ to: to ?? '/', replace: true });
    },
  });

  const signedInAlready = (): Promise<boolean> =>
    queries.query({ ...systemQuery, retry: false, staleTime: 0 }).then(
      () => true,
      () => false,
    );

  useEffect(() => {
    document.title = 'Sign in · Ringback';
  }, []);

  const { mutate } = signIn;
  useEffect(() => {
    // A code works once: it is taken out of the address, so that neither a reload nor the history tries it again.
    if (code === undefined) return;
    mutate({ code });
    void navigate({ to: '/sign-in', search: to === undefined ? {} : { to }, replace: true });
  }, [code, to, mutate, navigate]);

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (token.trim() !== '') signIn.mutate({ token: token.trim() });
  };

  return (
    <Center component="main" mih="100dvh" p="md">
      <Paper className="rb-sign-in" withBorder shadow="sm" p="xl" radius="lg" w="100%" maw={420}>
        <Stack gap="lg">
          <Brand />
          <Title order={1} size="h3">
            Sign in
          </Title>
          {ended !== undefined && !signIn.isError && (
            <Alert color="blue" role="status" title="You were signed out">
              Somebody ended this session in the settings, or it was a week old. Sign in to go on where you were.
            </Alert>
          )}
          {signIn.isError && (
            <Alert color="red" role="alert" title="That did not work">
              {why(signIn.error)}
            </Alert>
          )}
          {signIn.isPending || signIn.isSuccess ? (
            <Center py="lg" role="status" aria-label="Signing in">
              <Loader size="sm" />
            </Center>
          ) : (
            <form onSubmit={submit}>
              <Stack gap="md">
                <PasswordInput
                  label="Admin token"
                  description="The value of ADMIN_TOKEN."
                  value={token}
                  onChange={(event) => setToken(event.currentTarget.value)}
                  autoComplete="current-password"
                  name="token"
                  required
                  withAsterisk={false}
                />
                <Button type="submit" fullWidth>
                  Sign in
                </Button>
              </Stack>
            </form>
          )}
          <Text size="sm" c="dimmed">
            No token at hand? The gateway prints a sign-in link when it starts; <Code>npm run link</Code> prints a new
            one. A link works once, for ten minutes.{' '}
            <Anchor href="/docs" size="sm" underline="always">
              API reference
            </Anchor>
          </Text>
        </Stack>
      </Paper>
    </Center>
  );
}

function why(error: Error): string {
  if (!(error instanceof ApiError)) return 'Something unexpected happened. Try again.';
  if (error.status === 401)
    return 'This link was used before or is too old, or the token is wrong. Get a new link with npm run link.';
  return error.message;
}
