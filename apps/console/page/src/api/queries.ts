import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import type { HistoryQuery } from '../../../src/contract/overview.ts';
import type { Task } from '../../../src/contract/tasks.ts';
import { call } from './http.ts';

/** Lists and details are read again so often while they are shown, in ms. */
const FRESH = 5_000;

export function useTopics() {
  return useQuery({
    queryKey: ['topics'],
    queryFn: ({ signal }) => call('GET /api/topics', {}, signal),
    refetchInterval: FRESH,
  });
}

export function useTopic(topic: string) {
  return useQuery({
    queryKey: ['topic', topic],
    queryFn: ({ signal }) => call('GET /api/topics/:topic', { params: { topic } }, signal),
    refetchInterval: FRESH,
  });
}

export function useGroups() {
  return useQuery({
    queryKey: ['groups'],
    queryFn: ({ signal }) => call('GET /api/groups', {}, signal),
    refetchInterval: FRESH,
  });
}

export function useGroup(group: string) {
  return useQuery({
    queryKey: ['group', group],
    queryFn: ({ signal }) => call('GET /api/groups/:group', { params: { group } }, signal),
    refetchInterval: 2_000,
  });
}

export function useDeadLetters() {
  return useQuery({
    queryKey: ['dead-letters'],
    queryFn: ({ signal }) => call('GET /api/dead-letters', {}, signal),
    refetchInterval: FRESH,
  });
}

export function useHistory(range: HistoryQuery['range'], series: string) {
  return useQuery({
    queryKey: ['history', range, series],
    queryFn: ({ signal }) => call('GET /api/history', { query: { range, series } }, signal),
    refetchInterval: range === '15m' || range === '1h' ? 10_000 : 60_000,
  });
}

export function useSubjects() {
  return useQuery({
    queryKey: ['schemas'],
    queryFn: ({ signal }) => call('GET /api/schemas', {}, signal),
  });
}

export function useSubject(subject: string) {
  return useQuery({
    queryKey: ['schema', subject],
    queryFn: ({ signal }) => call('GET /api/schemas/:subject', { params: { subject } }, signal),
  });
}

export function useTasks(kind: Task['kind']) {
  return useQuery({
    queryKey: ['tasks', kind],
    queryFn: ({ signal }) => call('GET /api/tasks', { query: { kind } }, signal),
  });
}

/** A task; while it runs its events keep it of now. */
export function useTask(id: string | undefined) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['task', id],
    enabled: id !== undefined,
    queryFn: async ({ signal }) => {
      const task = await call('GET /api/tasks/:id', { params: { id: id ?? '' } }, signal);
      // An event may have come first, and be newer.
      const known = client.getQueryData<Task>(['task', id]);
      return known && known.state !== 'running' && task.state === 'running' ? known : task;
    },
    refetchInterval: ({ state }) => (state.data?.state === 'running' ? 3_000 : false),
  });
}

export function useJobs() {
  return useQuery({
    queryKey: ['jobs'],
    queryFn: ({ signal }) => call('GET /api/jobs', {}, signal),
    refetchInterval: FRESH,
  });
}

/** Page by page; only the first is read again by itself. */
export function useChanges() {
  return useInfiniteQuery({
    queryKey: ['changes'],
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) =>
      call(
        'GET /api/changes',
        { query: { limit: 200, ...(pageParam === '' ? {} : { cursor: pageParam }) } },
        signal,
      ),
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : FRESH),
  });
}

export function useHealth() {
  return useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => call('GET /api/health', {}, signal),
    refetchInterval: FRESH,
  });
}
