import { type ProducerRecord, sluiceHeaders } from '@sluice/kafka-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { message, messages, userId } from '../user-messages.ts';
import { WriterFixture } from '../writer-fixture.ts';

/** Refuses what is dated half an hour ahead, which the default takes. */
const strict = { MAX_CLOCK_SKEW: '1m' };

function ahead(record: ProducerRecord): ProducerRecord {
  const writeTimestamp = (Date.now() + 1_800_000) * 1000;
  return {
    ...record,
    headers: [[sluiceHeaders.writeTimestamp, Buffer.from(String(writeTimestamp))]],
  };
}

describe('redrive', { timeout: 120_000 }, () => {
  let fixture: WriterFixture;
  beforeEach(async () => {
    fixture = await (await WriterFixture.create()).migrated();
  });
  afterEach(() => fixture.drop());

  const redrive = (...args: string[]) => fixture.run('redrive', {}, args);

  it('lists letters, says what it would send, and sends those that are meant', async () => {
    await fixture.send([
      ...messages(20).map(ahead),
      { key: Buffer.from(userId(50)), value: Buffer.from('not JSON') },
      message(51, { latitude: 91 }),
    ]);
    expect((await fixture.run('drain', strict)).writer.summary).toMatchObject({
      written: 0,
      deadLettered: 22,
    });

    const listed = await redrive('--list');
    expect(listed.code).toBe(0);
    const [head, first] = listed.writer.stdout.split('\n');
    expect(head?.split(/ {2,}/)).toEqual('records|to send|parked|too old|stage|first|last|code'.split('|'));
    expect(first).toMatch(/^20 +20 +0 +0 +decode +20\S+Z +20\S+Z +future-timestamp$/);
    const one = await redrive('--list', '--json', '--key', userId(51));
    expect(one.writer.summary).toMatchObject({
      groups: [{ stage: 'decode', code: 'latitude:out-of-range', records: 1, ready: 1 }],
    });

    const meant = ['--code', 'future-timestamp', '--stage', 'decode', '--json'];
    const dry = await redrive(...meant, '--dry-run');
    expect(dry.writer.summary).toMatchObject({ read: 22, selected: 20, sent: 0, dryRun: true });
    const done = await redrive(...meant);
    expect(done.writer.messages).toBe('');
    expect(done.code).toBe(0);
    expect(done.writer.summary).toMatchObject({ read: 22, selected: 20, sent: 20, complete: true });
    expect((await redrive(...meant)).writer.summary).toMatchObject({ read: 0, sent: 0 });
    expect((await fixture.run('drain')).writer.summary).toMatchObject({ written: 20, deadLettered: 0 });
    expect(await fixture.rowCount()).toBe(20);
    expect(JSON.stringify(done.writer.log) + listed.writer.stdout).not.toContain(userId(3));

    const rest = await redrive('--code', 'latitude:*', '--code', 'bad-json');
    expect(rest.writer.stdout).toContain('2 selected: 2 sent, 0 parked');
    expect((await fixture.run('drain')).writer.summary).toMatchObject({ written: 0, deadLettered: 2 });
    const parked = await redrive('--max-redrives', '1', '--json');
    expect(parked.writer.summary).toMatchObject({ sent: 20, parked: 2, skipped: { superseded: 2 } });
  });

  it('killed in the middle, it loses no letter and sends few again', async () => {
    await fixture.send(messages(120).map(ahead));
    expect((await fixture.run('drain', strict)).writer.summary).toMatchObject({ deadLettered: 120 });
    const before = await fixture.produced();
    const killed = fixture.start('redrive', {}, ['--rate', '20', '--json']);
    await vi.waitFor(async () => expect(await fixture.produced()).toBeGreaterThan(before + 60), {
      timeout: 30_000,
    });
    killed.kill('SIGKILL');
    expect(await killed.ended).toBe(null);
    const { writer, code } = await redrive('--json');
    expect(code).toBe(0);
    expect(writer.summary).toMatchObject({ complete: true });
    expect(writer.summary.sent).toBeLessThan(120);
    expect((await fixture.run('drain')).code).toBe(0);
    expect(await fixture.rowCount()).toBe(120);
  });

  it('stopped by a signal, says how to go on; exit 1', async () => {
    await fixture.send(messages(60).map(ahead));
    await fixture.run('drain', strict);
    const before = await fixture.produced();
    const writer = fixture.start('redrive', {}, ['--rate', '10', '--json']);
    await vi.waitFor(async () => expect(await fixture.produced()).toBeGreaterThan(before), {
      timeout: 30_000,
    });
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(1);
    expect(writer.messages).toContain('run the same command again to go on');
    const { sent, complete } = writer.summary;
    expect(complete).toBe(false);
    expect((await redrive('--json')).writer.summary).toMatchObject({
      sent: 60 - Number(sent),
      complete: true,
    });
  });

  it('refuses what is older than the table remembers deletes, unless forced', async () => {
    const hourAgo = Date.now() - 3_600_000;
    await fixture.send([
      { ...message(1, { latitude: 91 }), timestamp: hourAgo },
      message(2, { latitude: 91 }),
    ]);
    await fixture.run('drain');
    await fixture.session.query(`ALTER TABLE ${fixture.keyspace}.user_records WITH gc_grace_seconds = 600`);
    expect((await redrive('--list', '--json')).writer.summary).toMatchObject({
      groups: [{ records: 2, ready: 1, expired: 1 }],
    });
    const refused = await redrive('--json');
    expect(refused.code).toBe(1);
    expect(refused.writer.messages).toContain('--force');
    expect(refused.writer.summary).toMatchObject({ selected: 2, sent: 1, expired: 1 });
    const forced = await redrive('--json', '--force');
    expect(forced.code).toBe(0);
    expect(forced.writer.summary).toMatchObject({ sent: 2, expired: 0 });
  });
});

describe('redrive refuses', () => {
  let fixture: WriterFixture;
  beforeAll(async () => {
    fixture = await WriterFixture.create();
  });
  afterAll(() => fixture.drop());

  it.each([
    ['--rate', '0'],
    ['--since', 'last week'],
    ['--stage', 'delivery'],
    ['--max-redrives', 'many'],
  ])('%s %s, with exit 78', async (...args) => {
    const { code, writer } = await fixture.run('redrive', {}, args);
    expect(code).toBe(78);
    expect(writer.messages).toContain('It needs');
  });

  it('to work on topics that are missing, and names them', async () => {
    const { code, writer } = await fixture.run('redrive', {}, []);
    expect(code).toBe(1);
    expect(writer.messages).toContain(fixture.dlqTopic);
    expect(writer.messages).toContain('stream-writer:migrate');
  });
});
