import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { brokerProxy } from '../broker-proxy.ts';
import { brokers, ProducerFixture } from '../producer-fixture.ts';

let fixture: ProducerFixture;
afterEach(() => fixture.remove());

describe('SIGTERM', () => {
  it.each([['serve'], ['run', '--count', '1000000']])(
    'in the midst of %s: every fetched user is acknowledged, exit 0',
    async (...args) => {
      fixture = await ProducerFixture.create();
      const keys = join(fixture.folder, 'keys');
      const producer = fixture.start([...args, '--json', '--keys', keys], { SOURCE_PAGE_SIZE: '100' });
      await producer.until(async () => {
        expect((await readFile(keys, 'utf8')).length).toBeGreaterThan(500 * 37);
      });
      const asked = performance.now();
      producer.kill('SIGTERM');
      expect(await producer.ended).toBe(0);
      expect(performance.now() - asked).toBeLessThan(10_000);

      const { fetched, produced, deadLettered } = producer.summary;
      expect([produced, deadLettered]).toEqual([fetched, 0]);
      const published = (await fixture.records()).map(({ key }) => key?.toString());
      expect(published).toHaveLength(fetched!);
      expect((await readFile(keys, 'utf8')).trim().split('\n').toSorted()).toEqual(published.toSorted());
    },
  );

  it('does not wait for a source that hangs', async () => {
    fixture = await ProducerFixture.create();
    await fixture.plan({ kind: 'hang', after: 1 });
    const producer = fixture.start(['serve', '--json'], { SOURCE_PAGE_SIZE: '10' });
    await producer.until(async () => {
      expect(await fixture.faultsGiven()).toEqual({ hang: 1 });
    });
    const asked = performance.now();
    producer.kill('SIGTERM');
    expect(await producer.ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(producer.summary).toMatchObject({ fetched: 10, produced: 10 });
  });

  it('waits for Kafka to acknowledge what was fetched, also when that is away for a moment', async () => {
    const { producer, proxy } = await producerWithoutKafka({});
    producer.kill('SIGTERM');
    await proxy.restore();
    expect(await producer.ended).toBe(0);
    const { fetched, produced } = producer.summary;
    expect(produced).toBe(fetched);
    await proxy.cut();
  });

  it('gives up at the deadline what Kafka does not acknowledge, says how much, and exits 1', async () => {
    const { producer } = await producerWithoutKafka({ SHUTDOWN_TIMEOUT: '500ms' });
    const asked = performance.now();
    producer.kill('SIGTERM');
    expect(await producer.ended).toBe(1);
    expect(performance.now() - asked).toBeLessThan(5_000);
    const { fetched, produced } = producer.summary;
    expect(fetched).toBeGreaterThan(produced!);
    expect(producer.stderr).toContain(
      `${(fetched! - produced!).toString()} fetched user(s) were not acknowledged`,
    );
  });
});

it('an outage of Kafka in the middle of a run loses nobody', async () => {
  const { producer, proxy } = await producerWithoutKafka({}, ['run', '--count', '30000']);
  await proxy.restore();
  expect(await producer.ended).toBe(0);
  expect(producer.summary).toMatchObject({ fetched: 30_000, produced: 30_000, deadLettered: 0 });
  expect(new Set((await fixture.records()).map(({ key }) => key?.toString())).size).toBe(30_000);
  await proxy.cut();
});

/** A producer with users in hand that it cannot send, since Kafka went away after the first ones. */
async function producerWithoutKafka(env: Readonly<Record<string, string>>, command = ['serve']) {
  fixture = await ProducerFixture.create();
  const proxy = await brokerProxy(brokers);
  const producer = fixture.start([...command, '--json'], { KAFKA_BROKERS: proxy.address, ...env });
  await producer.until(async () => {
    expect(await producer.metric('result="produced"')).toBeGreaterThan(0);
  });
  await proxy.cut();
  await producer.until(async () => {
    expect(await producer.metric('result="fetched"')).toBeGreaterThan(
      await producer.metric('result="produced"'),
    );
  });
  return { producer, proxy };
}
