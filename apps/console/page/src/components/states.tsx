// What a part of a page shows while it loads, when it is empty, and when it failed: always with what to do.
import { Alert, Button, Center, Loader, Stack, Text } from '@mantine/core';
import { IconAlertTriangle, IconInbox } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiError } from '../api/http.ts';
import { Sentence } from './sentence.tsx';

export function LoadingState({ what }: { readonly what: string }) {
  return (
    <Center mih={160} role="status">
      <Stack align="center" gap="xs">
        <Loader size="sm" aria-hidden />
        <Text size="sm" c="dimmed">
          Loading {what}…
        </Text>
      </Stack>
    </Center>
  );
}

interface EmptyStateProps {
  readonly title: string;
  /** What to do so that it is not empty. */
  readonly children?: ReactNode;
}

export function EmptyState({ title, children }: EmptyStateProps) {
  return (
    <Center mih={160} p="lg">
      <Stack align="center" gap={6} maw={560}>
        <IconInbox size={28} stroke={1.4} aria-hidden />
        <Text fw={600} ta="center">
          {title}
        </Text>
        {children && (
          <Text component="div" size="sm" c="dimmed" ta="center">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  );
}

interface ErrorStateProps {
  /** What did not work: "Topics cannot be shown". */
  readonly title: string;
  readonly error: Error;
  readonly onRetry?: (() => void) | undefined;
}

export function ErrorState({ title, error, onRetry }: ErrorStateProps) {
  const action = error instanceof ApiError ? error.action : undefined;
  return (
    <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title={title} role="alert">
      <Stack gap="xs" align="flex-start">
        <Sentence text={error.message} />
        {action && <Sentence text={action} />}
        {onRetry && (
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

interface LoadedProps<T> {
  readonly what: string;
  readonly query: UseQueryResult<T>;
  readonly children: (data: T) => ReactNode;
}

/** A query's data, or its loading or error state. Data that a failed refresh left behind stays, under the error. */
export function Loaded<T>({ what, query, children }: LoadedProps<T>) {
  const retry = () => void query.refetch();
  if (query.data === undefined) {
    if (query.error)
      return (
        <ErrorState title={`${capitalised(what)} cannot be shown`} error={query.error} onRetry={retry} />
      );
    return <LoadingState what={what} />;
  }
  return (
    <>
      {query.error && !isUnreachable(query.error) && (
        <ErrorState title={`Newer ${what} cannot be shown`} error={query.error} onRetry={retry} />
      )}
      {children(query.data)}
    </>
  );
}

/** That the console itself does not answer is said once, above every page. */
function isUnreachable(error: Error): boolean {
  return error instanceof ApiError && error.code === 'server-unreachable';
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
