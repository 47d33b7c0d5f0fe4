import { createServer } from 'node:net';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { message, messages, user, userId } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

describe('drain', () => {
  let fixture: WriterFixture;
  beforeAll(async () => {
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterAll(() => fixture.drop());

  it('accounts for each of 2,000 mixed records: rows, deletes, and dead letters with their codes', async () => {
    const key = (number: number) => Buffer.from(userId(number));
    const text = (value: string) => Buffer.from(value);
    const { uuid: _, ...nobody } = user(1);
    const bad = [
      { code: 'bad-json', record: { key: key(1), value: text('{"uuid":') } },
      { code: 'not-an-object', record: { key: key(2), value: text('[1]') } },
      { code: 'not-an-object', record: { key: key(3), value: text('"text"') } },
      { code: 'uuid:missing', record: { key: key(4), value: text(JSON.stringify(nobody)) } },
      { code: 'age:wrong-type', record: message(5, { age: true }) },
      { code: 'latitude:out-of-range', record: message(6, { latitude: 91 }) },
      { code: 'key-mismatch', record: { ...message(7), key: key(8) } },
      { code: 'invalid-utf8', record: { key: key(9), value: Buffer.from([0x7b, 0xff]) } },
      { code: 'bad-key', record: { key: null, value: null } },
      { code: 'no-registry', record: { key: key(10), value: Buffer.from([0, 0, 0, 0, 1, 2]) } },
      { code: 'bad-json', record: { key: key(11), value: text('x'.repeat(900_000)) } },
    ];
    const good = [
      message(5_000, { picture: 'p'.repeat(900_000) }),
      message(5_001, { nickname: 'Ig', shoe_size: 43 }),
      message(5_002, { nickname: 'Og' }),
      { ...message(5_003), key: null },
    ];
    const deleted = [100, 101, 102];
    const updated = [200, 201];
    const filler = 2_000 - bad.length - good.length - deleted.length - updated.length;
    await fixture.send([
      ...messages(filler, 100),
      ...good,
      ...bad.map(({ record }) => record),
      ...deleted.map((number) => ({ key: key(number), value: null })),
      ...updated.map((number) => message(number, { city: 'Bergen' })),
    ]);

    const { code, writer } = await fixture.run('drain', { SCHEMA_REGISTRY_URL: '' });
    expect(writer.messages).toBe('');
    expect(code).toBe(0);
    const summary = writer.summary as Record<string, number>;
    expect(summary.deadLettered).toBe(bad.length);
    expect(summary).toMatchObject({ filtered: 0, abandoned: 0 });
    expect(summary.written! + summary.deduplicated! + summary.deadLettered! + summary.filtered!).toBe(2_000);
    expect(await fixture.totalLag()).toBe(0);

    const rows = await fixture.rows();
    const byId = new Map(rows.map((row) => [row.uuid, row]));
    expect(byId.size).toBe(filler + good.length - deleted.length);
    for (const number of deleted) expect(byId.has(userId(number))).toBe(false);
    for (const number of updated) expect(byId.get(userId(number))).toMatchObject({ city: 'Bergen' });
    expect(String(byId.get(userId(5_000))?.picture)).toHaveLength(900_000);
    expect(byId.get(userId(301))).toMatchObject({
      ...user(301),
      full_name: 'مهدي كريمي',
      email_domain: 'example.com',
      age_group: '18-24',
    });

    const letters = await fixture.letters();
    expect(letters.map((letter) => letter.code).sort()).toEqual(bad.map((letter) => letter.code).sort());
    const large = letters.find(({ record }) => record.value?.length === 900_000);
    expect(large?.record.key).toEqual(key(11));

    const unknown = writer.log.filter(({ msg }) => msg.includes('field that the schema does not have'));
    expect(unknown.map(({ field }) => field).sort()).toEqual(['nickname', 'shoe_size']);
    const log = JSON.stringify(writer.log);
    for (const value of ['Nordmann', 'xxxx', userId(5)]) expect(log).not.toContain(value);
  });

  it('does nothing where everything is settled; a taken metrics port is a warning', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    onTestFinished(() => void taken.close());
    const { port } = taken.address() as { port: number };
    const { code, writer } = await fixture.run('drain', { METRICS_PORT: String(port) });
    expect(code).toBe(0);
    expect(writer.summary).toMatchObject({ written: 0, deadLettered: 0, deduplicated: 0 });
    expect(writer.log.find(({ level }) => level === 'warn')).toMatchObject({
      taken: port,
      msg: 'metrics port is taken, using a free one',
    });
  });

  it('serves the metrics that the README names, and they add up to what was produced', async () => {
    const before = await fixture.produced();
    await fixture.send([...messages(300, 20_000), { key: null, value: Buffer.from('no JSON') }]);
    const writer = fixture.start('serve');
    await writer.until(async () => {
      const { written = 0, dead_lettered: letters = 0, deduplicated = 0 } = await writer.records();
      expect(written + letters + deduplicated).toBe((await fixture.produced()) - before);
    });
    expect(await writer.records()).toMatchObject({ written: 300, dead_lettered: 1 });

    await writer.until(async () => {
      const { body } = await writer.get('/metrics');
      const lag = [...body.matchAll(/^sluice_lag_records\{.*\} (\d+)$/gm)].map(([, value]) => Number(value));
      expect(lag.length).toBeGreaterThan(0);
      expect(Math.max(...lag)).toBe(0);
    });
    const { body } = await writer.get('/metrics');
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const names = new Set(readme.match(/\bsluice_\w+/g));
    expect(names.size).toBe(9);
    for (const name of names) expect(body).toContain(`# TYPE ${name} `);
    expect(body).toContain('sluice_end_to_end_seconds_count 300');
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(0);
  });
});
