import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConsumedRecord, lastHeader, sluiceHeaders } from '@sluice/kafka-client';
import { jsonDecoder } from '@sluice/record-schema';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProducerFixture } from '../producer-fixture.ts';

let fixture: ProducerFixture;
beforeEach(async () => {
  fixture = await ProducerFixture.create();
});
afterEach(() => fixture.remove());

const decoder = jsonDecoder<UserRecord>(userRecordSchema);
const keysOf = (records: readonly ConsumedRecord[]) => records.map(({ key }) => key?.toString());

describe('producer run --count', () => {
  it('publishes so many users once each, as JSON under their uuid, with rising write timestamps', async () => {
    const producer = fixture.start(['run', '--count', '1234', '--json']);
    expect(await producer.ended).toBe(0);
    expect(producer.summary).toEqual({
      fetched: 1234,
      produced: 1234,
      deadLettered: 0,
      seconds: expect.any(Number),
    });

    const records = await fixture.records();
    expect(new Set(keysOf(records)).size).toBe(1234);
    expect(records).toHaveLength(1234);
    const stamps = new Set<number>();
    for (const { key, value, headers } of records) {
      const user = decoder.decode(value!);
      expect(key?.toString()).toBe(user.uuid);
      expect(user.uuid).toMatch(/^[\da-f-]{36}$/);
      expect([user.password, user.first_name, user.latitude]).toEqual([
        null,
        expect.any(String),
        expect.any(Number),
      ]);
      stamps.add(Number(lastHeader(headers, sluiceHeaders.writeTimestamp)?.toString()));
    }
    expect(stamps.size).toBe(1234);
  });

  it('runs as the README says', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, args = ''] = /^SOURCE_URL=\S+ npx nx run producer:run -- (.*)$/m.exec(readme) ?? [];
    const [, printed = ''] = /```json\n(.*)\n```/.exec(readme) ?? [];
    const producer = fixture.start(['run', ...args.split(' ')]);
    expect(await producer.ended).toBe(0);
    expect({ ...producer.summary, seconds: 0 }).toEqual({ ...(JSON.parse(printed) as object), seconds: 0 });
  });

  it('appends the uuids of acknowledged users to --keys', async () => {
    const keys = join(fixture.folder, 'keys');
    for (const count of ['30', '12']) {
      expect(await fixture.start(['run', '--count', count, '--keys', keys]).ended).toBe(0);
    }
    const written = (await readFile(keys, 'utf8')).trim().split('\n');
    expect(written).toHaveLength(42);
    expect(written.toSorted()).toEqual(keysOf(await fixture.records()).toSorted());
  });

  it('passes on passwords as the policy says', async () => {
    const env = { PASSWORD_POLICY: 'sha256' };
    expect(await fixture.start(['run', '--count', '3'], env).ended).toBe(0);
    for (const { value } of await fixture.records())
      expect(decoder.decode(value!).password).toMatch(/^sha256:\w{8}:[\da-f]{64}$/);
  });
});

describe('producer run --duration', () => {
  it('publishes until the time is over, then exits 0 with everything acknowledged', async () => {
    const producer = fixture.start(['run', '--duration', '1500ms', '--json']);
    expect(await producer.ended).toBe(0);
    const { fetched, produced, seconds } = producer.summary;
    expect(produced).toBeGreaterThan(0);
    expect(produced).toBe(fetched);
    expect(seconds).toBeGreaterThanOrEqual(1.5);
    expect(await fixture.records()).toHaveLength(produced!);
  });
});

describe('the source of a run', () => {
  it('may fail in every way in the middle: all users arrive once, and metrics and readiness tell of it', async () => {
    const kinds = ['500', 'outage', 'cut', 'broken-json', 'html', 'hang'];
    for (const kind of kinds) await fixture.plan({ kind, after: 1 });
    await fixture.plan({ kind: '429', retryAfter: 2 });
    const producer = fixture.start(['run', '--count', '150', '--json'], { SOURCE_PAGE_SIZE: '20' });
    await producer.until(async () => {
      const { status, body } = await producer.get('/health/ready');
      expect([status, JSON.parse(body)]).toEqual([
        503,
        { ready: false, reasons: ['source:source-rate-limited'] },
      ]);
    });
    const { body } = await producer.get('/metrics');
    expect(body).toContain('sluice_source_requests_total{status="source-timeout"} 1');
    expect(body).toContain('sluice_source_requests_total{status="429"} 1');

    expect(await producer.ended).toBe(0);
    expect(producer.summary).toMatchObject({ fetched: 150, produced: 150, deadLettered: 0 });
    expect(await fixture.faultsGiven()).toEqual(
      Object.fromEntries([...kinds, '429'].map((kind) => [kind, 1])),
    );
    const keys = keysOf(await fixture.records());
    expect([keys.length, new Set(keys).size]).toEqual([150, 150]);
  });

  it('ends the run at once with what it says when it refuses', async () => {
    const producer = fixture.start(['run', '--count', '1'], {
      SOURCE_URL: new URL('/elsewhere', fixture.sourceUrl).href,
    });
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toMatch(/answered 404: not found: this server has/);
  });
});
