import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tcpProxy } from '../tcp-proxy.ts';
import { message, messages } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';
import type { WriterProcess } from '../writer-process.ts';

const total = 20_000;
const two = ['--workers', '2', '--json'];

describe('several workers', () => {
  let fixture: WriterFixture;
  beforeEach(async () => {
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterEach(() => fixture.drop());

  /** Waits until each of both has partitions and none is shared; their process ids. */
  const bothAssigned = (writer: WriterProcess): Promise<number[]> =>
    writer.until(() => {
      const assigned = writer.log.filter(({ msg }) => msg === 'partitions assigned');
      const last = [1, 2].map((number) => assigned.findLast(({ worker }) => worker === number));
      expect(last.flatMap((line) => line?.partitions as number[]).sort()).toEqual([0, 1, 2, 3]);
      for (const line of last) expect(line?.partitions).toHaveLength(2);
      return last.map((line) => Number(line?.pid));
    });

  it('drain a topic together, and report as one', async () => {
    await fixture.send([...messages(total), { key: null, value: Buffer.from('no JSON') }, message(1)]);
    const { code, writer } = await fixture.run('drain', {}, two);
    expect(writer.messages).toBe('');
    expect(code).toBe(0);
    expect(writer.stdout.trim().split('\n')).toHaveLength(1);
    expect(writer.summary).toMatchObject({ deadLettered: 1, abandoned: 0 });
    expect(Number(writer.summary.written) + Number(writer.summary.deduplicated)).toBeGreaterThan(total);
    expect(await fixture.rowCount()).toBe(total);
    expect(await fixture.totalLag()).toBe(0);
  });

  it('share the partitions, and serve metrics and health as one', async () => {
    const writer = fixture.start('serve', {}, two);
    await bothAssigned(writer);
    expect(await writer.readiness()).toEqual({ status: 200, reasons: [] });
    await fixture.send(messages(2_000));
    await writer.until(async () => expect(await writer.records()).toMatchObject({ written: 2_000 }));
    const { body } = await writer.get('/metrics');
    expect(body.match(/^sluice_records_total\{.*result="written"/gm)).toHaveLength(1);
    expect(body).toContain('sluice_end_to_end_seconds_count 2000');
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
    expect(writer.messages).toBe('');
    expect(writer.summary).toMatchObject({ written: 2_000, abandoned: 0 });
    const stopped = writer.log.filter(({ msg }) => msg === 'worker stopped');
    expect(stopped.map(({ worker }) => worker).sort()).toEqual([1, 2]);
    expect(stopped.every(({ written }) => Number(written) > 0)).toBe(true);
    expect(await fixture.totalLag()).toBe(0);
  });

  it('end all with exit code 1 when one dies, and lose nothing', async () => {
    await fixture.send(messages(total));
    const writer = fixture.start('serve', { MAX_RECORDS_PER_SECOND: '4000' }, two);
    const [pid = 0] = await bothAssigned(writer);
    await writer.until(async () => expect((await writer.records()).written).toBeGreaterThan(1_000));
    process.kill(pid, 'SIGKILL');
    expect(await writer.ended).toBe(1);
    expect(writer.messages).toMatch(/worker 1 ended by SIGKILL .* start again/);
    expect(await fixture.totalLag()).toBeGreaterThan(0);
    const { code } = await fixture.run('drain', {}, two);
    expect(code).toBe(0);
    expect(await fixture.rowCount()).toBe(total);
    expect(await fixture.letters()).toEqual([]);
  });

  /** Ends with the test what should have ended before. */
  const endWithTest = (pids: readonly number[]) => {
    onTestFinished(() => {
      for (const pid of pids) if (isRunning(pid)) process.kill(pid, 'SIGKILL');
    });
  };
  const allEnded = (pids: readonly number[]) =>
    vi.waitFor(() => expect(pids.filter(isRunning)).toEqual([]), { timeout: 12_000 });

  it('end at once by a second signal, while Cassandra does not answer', async () => {
    const proxy = await tcpProxy(
      process.env.CASSANDRA_CONTACT_POINTS ?? '',
      Number(process.env.CASSANDRA_PORT),
    );
    onTestFinished(() => proxy.cut());
    const env = {
      CASSANDRA_CONTACT_POINTS: '127.0.0.1',
      CASSANDRA_PORT: String(proxy.port),
      SHUTDOWN_TIMEOUT: '1h',
    };
    const writer = fixture.start('serve', env, two);
    const pids = await bothAssigned(writer);
    endWithTest(pids);
    proxy.holdUp();
    await fixture.send(messages(100));
    await writer.until(async () =>
      expect((await writer.get('/metrics')).body).toMatch(/sluice_lag_records.* [1-9]/),
    );
    writer.kill('SIGTERM');
    await writer.logged('stopping');
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(1);
    await allEnded(pids);
  });

  it('stop when the process that started them is killed', async () => {
    const writer = fixture.start('serve', {}, two);
    const pids = await bothAssigned(writer);
    endWithTest(pids);
    writer.kill('SIGKILL');
    await allEnded(pids);
  });

  it('say once what keeps all of them from starting', async () => {
    const { code, writer } = await fixture.run('serve', { KAFKA_TOPIC: 'no-such-topic' }, two);
    expect(code).toBe(1);
    expect(writer.messages.match(/no-such-topic and/g)).toHaveLength(1);
    expect(writer.messages).toContain('stream-writer:migrate');
  });
});

/** Not merely there as a zombie, which nobody has waited for. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
