import { type OpenTransaction, openTransaction } from '@sluice/kafka-client/testing';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { message } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';
import type { WriterProcess } from '../writer-process.ts';

let fixture: WriterFixture;
let transaction: OpenTransaction;
const inPartition0 = (number: number) => ({ ...message(number), partition: 0 });

beforeAll(async () => {
  fixture = await (await WriterFixture.create()).migrated();
  await fixture.send([1, 2, 3].map(inPartition0));
  transaction = await openTransaction({
    brokers: (process.env.KAFKA_BROKERS ?? '').split(','),
    topic: fixture.topic,
    records: [4, 5].map(inPartition0),
  });
});
afterAll(() => fixture.drop());

/** Of what is held: a busy machine may give other reasons to warn. */
const warnings = ({ log }: WriterProcess) =>
  log.filter(({ level, held }) => level === 'warn' && held !== undefined);

it('drain and audit end well where an open transaction begins, with a count of what it holds and one warning', async () => {
  const drain = await fixture.run('drain');
  expect(drain.writer.messages).toBe('');
  expect([drain.code, drain.writer.summary]).toEqual([
    0,
    expect.objectContaining({ written: 3, held: 2, abandoned: 0 }),
  ]);
  expect(warnings(drain.writer)).toMatchObject([
    { held: 2, msg: expect.stringContaining('--wait-transactions') as string },
  ]);

  const [audit, offsets] = await Promise.all([fixture.run('audit'), fixture.run('offsets')]);
  expect([audit.code, audit.writer.summary]).toEqual([
    0,
    expect.objectContaining({ ok: true, rows: 3, unsettled: 0, held: 2 }),
  ]);
  expect(warnings(audit.writer)).toMatchObject([{ held: 2 }]);
  expect((offsets.writer.summary.partitions as unknown[])[0]).toEqual({
    partition: 0,
    begin: 0,
    end: 3,
    highWatermark: 5,
    committed: 3,
    lag: 0,
    held: 2,
  });
});

it('drain --wait-transactions ends once they have ended, also as several workers, and hides nothing', async () => {
  const writer = fixture.start('drain', {}, ['--workers', '2', '--wait-transactions', '--json']);
  await writer.logged('metrics and health are served');
  const metricsShowIt = async () => {
    const { body } = await writer.get('/metrics');
    expect(body).toMatch(/^sluice_transaction_held_offsets\{partition="0"\} 2$/m);
    expect(body).toMatch(/^sluice_lag_records\{partition="0"\} 0$/m);
    expect(body).toMatch(/^sluice_lag_seconds\{partition="0"\} 0$/m);
  };
  const isReady = async () => {
    const { body } = await writer.get('/health/ready');
    expect(JSON.parse(body)).toEqual({ ready: true, reasons: [], degraded: [] });
  };
  // three processes have to start
  const patience = { timeout: 90_000, interval: 200 };
  await vi.waitFor(isReady, patience);
  await vi.waitFor(metricsShowIt, patience);
  await transaction.commit();
  expect(await writer.ended).toBe(0);
  expect(writer.summary).toMatchObject({ written: 2, held: 0 });
  expect(warnings(writer)).toEqual([]);
  expect(await fixture.rowCount()).toBe(5);
}, 150_000);
