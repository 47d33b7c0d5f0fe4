import { Alert, Button, Center, Group, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { type SubmitEvent, useEffect, useState } from 'react';
import { ApiError } from '../api/http.ts';
import { useSignIn } from '../api/session.ts';
import { ThemeSwitch } from '../components/theme-switch.tsx';

export default function LoginPage() {
  const { signIn } = useSignIn();
  const [token, setToken] = useState('');
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();

  useEffect(() => {
    document.title = 'Sign in · Sluice';
  }, []);

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setFailure(undefined);
    try {
      await signIn(token.trim());
    } catch (error) {
      setFailure(explained(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w={420} maw="100%">
        <form onSubmit={(event) => void submit(event)}>
          <Stack gap="md">
            <Group justify="space-between">
              <Group gap={10}>
                <img src="/favicon.svg" alt="" width={30} height={30} />
                <Title order={1} size="h3">
                  Sluice console
                </Title>
              </Group>
              <ThemeSwitch />
            </Group>
            <Text size="sm" c="dimmed">
              The console printed two tokens when it was first started: one to look, one to change. They are
              also in its folder, as its README tells.
            </Text>
            <PasswordInput
              label="Token"
              autoComplete="current-password"
              autoFocus
              value={token}
              onChange={(event) => {
                setToken(event.currentTarget.value);
                setFailure(undefined);
              }}
            />
            {failure !== undefined && (
              <Alert color="red" variant="light" role="alert">
                {failure.split('\n').map((sentence) => (
                  <Text key={sentence} size="sm" className="sentence">
                    {sentence}
                  </Text>
                ))}
              </Alert>
            )}
            <Button type="submit" loading={busy} disabled={token.trim() === ''}>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}

function explained(error: unknown): string {
  if (error instanceof ApiError) return [error.message, error.action].filter(Boolean).join('\n');
  return error instanceof Error ? error.message : String(error);
}
