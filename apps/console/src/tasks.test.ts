import { expect, test } from 'vitest';
import type { Task } from './contract/tasks.ts';
import { History } from './history.ts';
import { Tasks } from './tasks.ts';

const about = {
  kind: 'redrive',
  title: 'all letters',
  dryRun: false,
  by: 'operator',
  lock: 'letters',
} as const;

/** What was logged, by the message. */
const logged: string[] = [];
const logger = {
  error: (_fields: object, message: string) => {
    logged.push(message);
  },
};

function ended(tasks: Tasks, id: string): Promise<Task> {
  return new Promise((resolve) => {
    const stop = tasks.onChange((task) => {
      if (task.id !== id || task.state === 'running') return;
      stop();
      resolve(task);
    });
  });
}

test('of two tasks on the same thing the second is refused, and says whose the first is', async () => {
  const tasks = new Tasks({ history: History.open(':memory:'), logger });
  const first = tasks.start({
    ...about,
    work: (_, signal) =>
      new Promise((resolve) => {
        signal.onabort = () => {
          resolve({});
        };
      }),
  });
  const second = () => tasks.start({ ...about, by: 'another', work: () => Promise.resolve({}) });
  expect(second).toThrow(
    expect.objectContaining({
      status: 409,
      code: 'redrive-running',
      message: expect.stringContaining('operator started one') as string,
    }) as Error,
  );
  expect(tasks.start({ ...about, lock: 'other', work: () => Promise.resolve({}) }).state).toBe('running');
  expect((await tasks.stop(first.id)).state).toBe('stopped');
  expect(second().by).toBe('another');
  await tasks.close();
});

test('a task that fails says why, and the history and the log keep it', async () => {
  const history = History.open(':memory:');
  const tasks = new Tasks({ history, logger });
  const task = tasks.start({ ...about, work: () => Promise.reject(new Error('a fault')) });
  expect(await ended(tasks, task.id)).toMatchObject({ state: 'failed', problem: { code: 'internal' } });
  expect(logged).toEqual(['a task failed']);
  const again = new Tasks({ history, logger });
  expect(again.find(task.id)).toMatchObject({ state: 'failed' });
  expect(again.list('audit')).toEqual([]);
  expect(() => again.find('0')).toThrow(expect.objectContaining({ status: 404 }) as Error);
});

test('a task that ran when the console was killed is stopped', () => {
  const history = History.open(':memory:');
  const running = new Tasks({ history, logger }).start({
    ...about,
    work: () => new Promise(() => undefined),
  });
  expect(new Tasks({ history, logger }).find(running.id).state).toBe('stopped');
});
