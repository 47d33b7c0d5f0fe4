import { expect, test } from 'vitest';
import { Link } from './link.ts';

class Lost extends Error {}

function link(open: () => Promise<number>, now = () => 0) {
  const closed: number[] = [];
  const made = new Link({
    server: 'kafka',
    open,
    close: (resource) => {
      closed.push(resource);
      return Promise.resolve();
    },
    isLost: (error) => error instanceof Lost,
    timeoutMs: 50,
    now,
  });
  return { made, closed };
}

test('is opened once, and anew after it was lost', async () => {
  let opened = 0;
  const { made, closed } = link(() => Promise.resolve(++opened));
  expect(await Promise.all([1, 2].map(() => made.use((n) => Promise.resolve(n))))).toEqual([1, 1]);
  await expect(made.use(() => Promise.reject(new Error('wrong question')))).rejects.toThrow('wrong question');
  expect(await made.use((n) => Promise.resolve(n))).toBe(1);
  await expect(made.use(() => Promise.reject(new Lost('gone')))).rejects.toThrow('gone');
  expect(await made.use((n) => Promise.resolve(n))).toBe(2);
  expect(closed).toEqual([1]);
});

test('what hangs is given up', async () => {
  const { made } = link(() => Promise.resolve(1));
  await expect(made.use(() => new Promise(() => undefined))).rejects.toMatchObject({
    status: 503,
    code: 'kafka-timed-out',
  });
});

test('a failed attempt stands for a second', async () => {
  let now = 0;
  let attempts = 0;
  const { made } = link(
    () => Promise.reject(new Error(`attempt ${++attempts}`)),
    () => now,
  );
  const use = () => made.use((n) => Promise.resolve(n));
  await expect(use()).rejects.toThrow('attempt 1');
  await expect(use()).rejects.toThrow('attempt 1');
  now = 1_001;
  await expect(use()).rejects.toThrow('attempt 2');
});
