// The figures of now, for the whole page by one stream of events.
import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import type { Overview } from '../../../src/contract/overview.ts';
import type { Task } from '../../../src/contract/tasks.ts';
import { type Connection, LiveStream } from './live-stream.ts';

/** As many as the shortest range of the charts has seconds. */
const KEPT = 900;

interface LiveState {
  readonly connection: Connection;
  /** The newest last. */
  readonly overviews: readonly Overview[];
}

let state: LiveState = { connection: 'connecting', overviews: [] };
const listeners = new Set<() => void>();

function change(next: Partial<LiveState>): void {
  state = { ...state, ...next };
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Follows the server's events until the returned function is called. Tasks go to the queries that show them.
 */
export function followLive(client: QueryClient): () => void {
  const stream = new LiveStream({
    address: '/api/live',
    events: ['overview', 'task', 'session-over'],
    longestSilence: 8_000,
    onConnection: (connection) => {
      const before = state.connection;
      if (connection !== before) change({ connection });
      // A server that was started anew does not know the session any more; each try that fails asks for it.
      if (connection === 'lost') void client.invalidateQueries({ queryKey: ['session'] });
      // What could not be read while the server was away is read now.
      if (before === 'lost' && connection === 'live') void client.invalidateQueries();
    },
    onEvent: (name, data) => {
      if (name === 'overview') change({ overviews: [...state.overviews, data as Overview].slice(-KEPT) });
      if (name === 'task') takeTask(client, data as Task);
      if (name === 'session-over') void client.invalidateQueries({ queryKey: ['session'] });
    },
  });
  return () => {
    stream.close();
    change({ connection: 'connecting', overviews: [] });
  };
}

function takeTask(client: QueryClient, task: Task): void {
  const known = client.getQueryData<Task>(['task', task.id]);
  client.setQueryData(['task', task.id], task);
  // Lists learn of the start and the end; what a redrive changed is read again.
  if (known?.state === task.state) return;
  void client.invalidateQueries({ queryKey: ['tasks'] });
  if (task.kind === 'redrive') void client.invalidateQueries({ queryKey: ['dead-letters'] });
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => state.connection);
}

/** The overviews of the last minutes, the newest last. */
export function useOverviews(): readonly Overview[] {
  return useSyncExternalStore(subscribe, () => state.overviews);
}

export function useOverview(): Overview | undefined {
  return useSyncExternalStore(subscribe, () => state.overviews.at(-1));
}
