import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { fixture } from './world.ts';

test('schemas are listed and checked, and text that is none is refused', async () => {
  const { registry } = fixture.services.servers;
  const subject = `${fixture.config.KAFKA_TOPIC}-value`;
  const avsc = { type: 'record', name: 'T', fields: [{ name: 'a', type: 'int' }] };
  await registry!.setCompatibility('BACKWARD', subject);
  await registry!.register(subject, { avsc });
  const { body: list } = await fixture.call('GET /api/schemas');
  expect(list.subjects).toContainEqual({ subject, versions: [1], compatibility: 'BACKWARD' });
  const { body: details } = await fixture.call('GET /api/schemas/:subject', { params: { subject } });
  expect(details.versions[0]!.fields).toEqual([{ name: 'a', type: 'int', default: null }]);
  const check = async (schema: string) =>
    fixture.call('POST /api/schemas/:subject/compatibility', { params: { subject }, body: { schema } });
  const added = { ...avsc, fields: [...avsc.fields, { name: 'b', type: 'int' }] };
  expect((await check(JSON.stringify(avsc))).body.compatible).toBe(true);
  expect((await check(JSON.stringify(added))).body).toMatchObject({ compatible: false });
  expect((await check('{')).status).toBe(400);
  expect((await fixture.call('GET /api/schemas/:subject', { params: { subject: 'none' } })).status).toBe(404);
});

test('messages in Avro are shown by the schema that they name, with exact longs', async () => {
  const { registry } = fixture.services.servers;
  const topic = `avro-${randomUUID()}`;
  const avsc = {
    type: 'record',
    name: 'A',
    fields: [
      { name: 'n', type: 'long' },
      { name: 'email', type: ['null', 'string'] },
    ],
  };
  const id = await registry!.register(`${topic}-value`, { avsc });
  const header = Buffer.alloc(5);
  header.writeInt32BE(id, 1);
  // n = 9007199254740993 as a zigzag varint; email = "a"
  const varint = Buffer.from('8280808080808020', 'hex');
  const admin = await fixture.kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  try {
    const unknown = Buffer.from([0, 0x7f, 0, 0, 1, 2]);
    await fixture.produce(
      [Buffer.concat([header, varint, Buffer.from([2, 2, 0x61])]), unknown].map((value) => ({
        key: null,
        value,
      })),
      topic,
    );
    const { body } = await fixture.call('POST /api/topics/:topic/messages', {
      params: { topic },
      body: { from: { kind: 'earliest' } },
    });
    expect(body.messages[0]!.value).toMatchObject({ format: 'avro', schemaId: id, masked: true });
    expect(body.messages[0]!.value.text).toBe('{\n  "n": 9007199254740993,\n  "email": "•••"\n}');
    expect(body.messages[1]!.value).toMatchObject({ format: 'binary', schemaId: 0x7f000001 });
    expect(body.messages[1]!.value.undecodable).toContain('schema');
  } finally {
    await admin.deleteTopic(topic);
    await admin.close();
  }
});
