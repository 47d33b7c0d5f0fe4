import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SchemaRegistry } from '@sluice/schema-registry';
import { userRecordSchema } from '@sluice/user-schema';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { WriterFixture } from '../writer-fixture.ts';

describe('migrate', () => {
  let fixture: WriterFixture;
  beforeEach(async () => {
    fixture = await WriterFixture.create();
  });
  afterEach(() => fixture.drop());

  it('makes topics, keyspace and table where there is nothing, and changes nothing the second time', async () => {
    const { topic, dlqTopic, keyspace } = fixture;
    const folder = await mkdtemp(join(tmpdir(), 'sluice-writer-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, 'password'), 'hunter2-from-a-file\n');

    const first = await fixture.run('migrate', {
      TOPIC_PARTITIONS: '3',
      CASSANDRA_USERNAME: 'cassandra',
      CASSANDRA_PASSWORD_FILE: join(folder, 'password'),
    });
    expect(first.writer.messages).toBe('');
    expect(first.code).toBe(0);
    expect(first.writer.summary).toMatchObject({
      topics: [
        { topic, created: true, partitions: 3, warnings: [] },
        { topic: dlqTopic, created: true, partitions: 3, warnings: [] },
      ],
      cassandra: { differences: [] },
      subject: {
        subject: `${topic}-value`,
        compatibility: 'BACKWARD_TRANSITIVE',
        changed: true,
        warnings: [],
      },
    });
    const { statements } = (first.writer.summary as { cassandra: { statements: string[] } }).cassandra;
    expect(statements.map((cql) => cql.split(' ').slice(0, 2).join(' '))).toEqual([
      'CREATE KEYSPACE',
      'CREATE TABLE',
    ]);
    expect(statements.join()).toContain(keyspace);
    expect(first.writer.stdout + JSON.stringify(first.writer.log)).not.toContain('hunter2');

    const admin = await fixture.kafka.admin();
    onTestFinished(() => admin.close());
    const safe = {
      'cleanup.policy': 'delete',
      'min.insync.replicas': '1',
      'unclean.leader.election.enable': 'false',
      'message.timestamp.type': 'CreateTime',
    };
    const source = await admin.topicConfig(topic);
    const letters = await admin.topicConfig(dlqTopic);
    expect(source).toMatchObject(safe);
    expect(letters).toMatchObject({ ...safe, 'compression.type': 'producer' });
    const inspector = await fixture.kafka.inspector();
    onTestFinished(() => inspector.close());
    // explicit, so that the brokers' own defaults do not matter
    for (const created of [topic, dlqTopic])
      expect(await inspector.settings(created)).toContainEqual({
        name: 'cleanup.policy',
        value: 'delete',
        own: true,
      });
    expect(Number(letters['max.message.bytes'])).toBe(Number(source['max.message.bytes']) + 1024 * 1024);

    const second = await fixture.run('migrate', { TOPIC_PARTITIONS: '5' });
    expect(second.code).toBe(0);
    expect(second.writer.summary).toMatchObject({
      topics: [
        { topic, created: false, partitions: 3 },
        { topic: dlqTopic, created: false, partitions: 3 },
      ],
      cassandra: { statements: [], differences: [] },
      subject: { compatibility: 'BACKWARD_TRANSITIVE', changed: false, warnings: [] },
    });
    // kafkajs would log "Topic creation errors"
    expect(second.writer.log.filter(({ component }) => component !== undefined)).toEqual([]);
  });

  it('only looks with --check: names each missing part and its remedy, and makes none', async () => {
    const { topic, dlqTopic, keyspace } = fixture;
    const before = await fixture.run('migrate', {}, ['--check', '--json']);
    expect(before.code).toBe(1);
    expect(before.writer.summary).toMatchObject({
      ok: false,
      problems: [
        { kind: 'topic', message: `there is no topic ${topic}` },
        { kind: 'topic', message: `there is no topic ${dlqTopic}` },
        { kind: 'table', message: expect.stringContaining(keyspace) },
        { kind: 'subject', message: `the schema registry has no subject ${topic}-value` },
      ],
    });
    expect(before.writer.messages).toContain('npx nx run stream-writer:migrate');
    expect(before.writer.messages).toContain('npx nx run producer:run');

    expect((await fixture.run('migrate')).code).toBe(0);
    const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
    onTestFinished(() => registry.close());
    await registry.register(`${topic}-value`, { avsc: userRecordSchema.avsc });
    const after = await fixture.run('migrate', {}, ['--check', '--json']);
    expect(after.code, after.writer.messages).toBe(0);
    expect(after.writer.summary).toEqual({ ok: true, problems: [], warnings: [] });
  });

  it('keeps the compatibility level of a subject that has one, and says where it is too weak', async () => {
    const registry = new SchemaRegistry({ url: process.env.SCHEMA_REGISTRY_URL ?? '' });
    onTestFinished(() => registry.close());
    const subject = `${fixture.topic}-value`;
    await registry.register(subject, { avsc: userRecordSchema.avsc });
    await registry.setCompatibility('FORWARD', subject);
    const { writer } = await fixture.run('migrate');
    expect(writer.summary).toMatchObject({
      subject: {
        compatibility: 'FORWARD',
        changed: false,
        warnings: [expect.stringContaining('its compatibility level is FORWARD')],
      },
    });
    expect(await registry.compatibility(subject)).toBe('FORWARD');

    await registry.setCompatibility('NONE', subject);
    expect((await fixture.run('migrate')).writer.summary).toMatchObject({ subject: { changed: true } });
    expect(await registry.compatibility(subject)).toBe('BACKWARD_TRANSITIVE');
  });

  it('asks no registry where there is none', async () => {
    const { code, writer } = await fixture.run('migrate', { SCHEMA_REGISTRY_URL: '' });
    expect(code, writer.messages).toBe(0);
    expect(writer.summary).not.toHaveProperty('subject');
  });

  it('waits for a registry that is away, and says so', async () => {
    const writer = fixture.start('migrate', { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9' });
    const { msg } = await writer.logged('cannot be reached');
    expect(msg).toContain('the schema registry at http://127.0.0.1:9');
    expect(msg).toContain('SCHEMA_REGISTRY_URL');
    writer.kill('SIGTERM');
    expect(await writer.ended).toBe(1);
  });

  it('keeps topics that exist, and warns about each setting that weakens a promise, with its consequence', async () => {
    const admin = await fixture.kafka.admin();
    onTestFinished(() => admin.close());
    const create = (topic: string, config: Record<string, string>) =>
      admin.createTopic({ topic, partitions: 1, replicationFactor: 1, config });
    await create(fixture.topic, {
      'cleanup.policy': 'compact',
      'retention.ms': '3600000',
      'retention.bytes': '1073741824',
      'max.message.bytes': '5242880',
      'message.timestamp.type': 'LogAppendTime',
      'min.insync.replicas': '2',
    });
    await create(fixture.dlqTopic, {
      'cleanup.policy': 'compact,delete',
      'retention.ms': '60000',
      'retention.bytes': '1073741824',
      'min.insync.replicas': '2',
      'unclean.leader.election.enable': 'true',
      'compression.type': 'gzip',
    });
    const { code, writer } = await fixture.run('migrate');
    expect(code).toBe(0);
    const [source, letters] = (writer.summary as { topics: { created: boolean; warnings: string[] }[] })
      .topics;
    expect(source).toMatchObject({ created: false });
    expect(source?.warnings).toEqual([
      expect.stringMatching(/^min.insync.replicas is 2, more than the 1 replica.*Set it to 1$/),
      expect.stringMatching(/^cleanup.policy is compact: .*Set it to delete$/),
      expect.stringMatching(/^retention.ms is 3600000: .*are lost/),
      expect.stringMatching(/^retention.bytes is 1073741824: .*Set it to -1$/),
      expect.stringMatching(/^message.timestamp.type is LogAppendTime: .*Set it to CreateTime$/),
    ]);
    expect(letters?.warnings).toEqual([
      expect.stringMatching(/^min.insync.replicas is 2, more than/),
      expect.stringMatching(/^unclean.leader.election.enable is true: .*Set it to false$/),
      expect.stringMatching(/^cleanup.policy is compact,delete: .*compacted-topic.*Set it to delete$/),
      expect.stringMatching(/^retention.ms is 60000, less than the 3600000 of the source topic/),
      expect.stringMatching(/^retention.bytes is 1073741824: .*Set it to -1$/),
      expect.stringMatching(/^max.message.bytes is 1048588: .*Set it to 6291456$/),
      expect.stringMatching(/^compression.type is gzip: .*Set it to producer$/),
    ]);
    expect(writer.log.filter(({ level, topic }) => level === 'warn' && topic !== undefined)).toHaveLength(12);

    const check = await fixture.run('migrate', { SCHEMA_REGISTRY_URL: '' }, ['--check', '--json']);
    const { warnings } = check.writer.summary as { warnings: { topic: string; message: string }[] };
    expect(warnings.map(({ message }) => message)).toEqual([...source!.warnings, ...letters!.warnings]);
  });

  it('is what serve and drain ask for where topics or the table are missing', async () => {
    const command = 'npx nx run stream-writer:migrate';
    const noTopics = await fixture.run('serve');
    expect(noTopics.code).toBe(1);
    expect(noTopics.writer.messages).toContain(`topic ${fixture.topic} and ${fixture.dlqTopic}`);
    expect(noTopics.writer.messages).toContain(command);

    const admin = await fixture.kafka.admin();
    for (const topic of [fixture.topic, fixture.dlqTopic])
      await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
    await admin.close();
    const noTable = await fixture.run('drain');
    expect(noTable.code).toBe(1);
    expect(noTable.writer.messages).toContain(`${fixture.keyspace}`);
    expect(noTable.writer.messages).toContain(command);
  });
});
