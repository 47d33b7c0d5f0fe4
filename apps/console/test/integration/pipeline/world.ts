import { randomUUID } from 'node:crypto';
import { vi } from 'vitest';
import type { Task } from '../../../src/contract/tasks.ts';
import { ConsoleFixture, userRecord } from '../../console-fixture.ts';

// What the tests on a whole pipeline share. They go in order: each begins where the one before ended.
export let fixture: ConsoleFixture;
export let producedAt: number;
export const [first, second, third] = [randomUUID(), randomUUID(), randomUUID()];
export const script = '<script>alert("x")</script>';
export const confirm = true as const;

/** Makes topics and a table, sends records and lets the pipeline come to their end. */
export async function begin(): Promise<void> {
  fixture = await ConsoleFixture.create();
  await fixture.migrate();
  producedAt = Date.now();
  await fixture.produce([
    { ...userRecord(first, { state: script }), partition: 0, timestamp: producedAt - 5_000 },
    { ...userRecord(second, { age: 12, city: 'Bern' }), partition: 1 },
    {
      key: Buffer.from(third),
      value: Buffer.from(`{"uuid": "${third}", "age": "<b>no number</b>"}`),
      partition: 0,
    },
    { key: null, value: Buffer.from([0xff, 0xfe, 1, 2, 3]), partition: 0 },
  ]);
  await fixture.drain();
}

export function end(): Promise<void> {
  return fixture.drop();
}

export const topicParams = () => ({ topic: fixture.config.KAFKA_TOPIC });

/** A task once it has ended. */
export function ended(id: string): Promise<Task> {
  return vi.waitFor(
    async () => {
      const { body } = await fixture.call('GET /api/tasks/:id', { params: { id } });
      if (body.state === 'running') throw new Error('still running');
      return body;
    },
    { timeout: 40_000, interval: 100 },
  );
}
