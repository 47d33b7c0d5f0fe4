import { avroDecoder } from '@sluice/record-schema';
import { schemaIdOf, type SchemaRegistry } from '@sluice/schema-registry';
import { type UserRecord, userRecordSchema } from '@sluice/user-schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokerProxy } from '../broker-proxy.ts';
import { ProducerFixture, registryUrl } from '../producer-fixture.ts';

let fixture: ProducerFixture;
let subject: string;
let registry: SchemaRegistry;
beforeEach(async () => {
  fixture = await ProducerFixture.create();
  ({ subject, registry } = fixture);
});
afterEach(() => fixture.remove());

/** A version that says of a field what the producer's schema cannot read, which the level of the subject asks for. */
async function registerAnIncompatibleSchema() {
  const { avsc } = userRecordSchema as { avsc: { fields: { name: string }[] } };
  const age = { name: 'age', type: ['null', 'string'], default: null };
  const fields = avsc.fields.map((field) => (field.name === 'age' ? age : field));
  await registry.register(subject, { avsc: { ...avsc, fields } });
}

describe('MESSAGE_FORMAT=avro', () => {
  it('publishes users in Avro behind the id of the schema that the registry has for the topic', async () => {
    const producer = fixture.start(['run', '--count', '200', '--json'], { MESSAGE_FORMAT: 'avro' });
    expect(await producer.ended).toBe(0);
    const { id, avsc } = await registry.version(subject, 'latest');
    expect(avsc).toEqual(userRecordSchema.avsc);
    const records = await fixture.records();
    expect(records).toHaveLength(200);
    const decoder = avroDecoder<UserRecord>(userRecordSchema, { avsc });
    for (const { key, value } of records) {
      expect(schemaIdOf(value!)).toBe(id);
      const user = decoder.decode(value!, 5);
      expect([user.uuid, user.password]).toEqual([key?.toString(), null]);
      expect(user.first_name).toEqual(expect.any(String));
    }
  });

  it('without a registry is bad configuration', async () => {
    const producer = fixture.start(['run', '--count', '1'], {
      MESSAGE_FORMAT: 'avro',
      SCHEMA_REGISTRY_URL: '',
    });
    expect(await producer.ended).toBe(78);
    expect(producer.stderr).toContain('  - MESSAGE_FORMAT: avro needs a schema registry');
  });
});

describe('MESSAGE_FORMAT=json', () => {
  it('registers the schema, too, and sends plain JSON', async () => {
    expect(await fixture.start(['run', '--count', '1']).ended).toBe(0);
    expect(await registry.versions(subject)).toEqual([1]);
    expect((await fixture.records())[0]?.value?.toString()).toMatch(/^\{"/);
  });

  it('goes without a registry where the address is set to nothing', async () => {
    expect(await fixture.start(['run', '--count', '1'], { SCHEMA_REGISTRY_URL: '' }).ended).toBe(0);
    await expect(registry.versions(subject)).rejects.toMatchObject({ code: 'subject-not-found' });
  });
});

describe('the compatibility level', () => {
  it('NONE would let everything pass: nothing is registered or sent, and the command that sets it is named', async () => {
    await registry.setCompatibility('NONE', subject);
    const producer = fixture.start(['run', '--count', '1']);
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toMatch(/level is NONE\)\. Run `npx nx run stream-writer:migrate`/);
    expect(await fixture.records()).toEqual([]);
    await expect(registry.versions(subject)).rejects.toMatchObject({ code: 'subject-not-found' });
  });

  it('that compares with the last version alone is a warning', async () => {
    await registry.setCompatibility('BACKWARD', subject);
    const producer = fixture.start(['run', '--count', '1']);
    expect(await producer.ended).toBe(0);
    expect(await producer.logged('cannot read everything')).toMatchObject({
      level: 'warn',
      subject,
      compatibility: 'BACKWARD',
    });
  });
});

describe.each(['json', 'avro'])('in %s a schema', (format) => {
  const env = { MESSAGE_FORMAT: format };

  it('that is not compatible stops the producer with the reasons of the registry, and nothing is sent', async () => {
    await registerAnIncompatibleSchema();
    const producer = fixture.start(['run', '--count', '10'], env);
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toContain(`producer: nothing is sent, since the registry does not have`);
    expect(producer.stderr).toMatch(/was answered 409: Incompatible artifact.*\/fields\/\d+/);
    expect(producer.stderr).toContain('user-schema:compat');
    expect(await fixture.records()).toEqual([]);
  });

  it('is only looked up with SCHEMA_AUTO_REGISTER=false', async () => {
    const lookUpOnly = { ...env, SCHEMA_AUTO_REGISTER: 'false' };
    const unknown = fixture.start(['run', '--count', '1'], lookUpOnly);
    expect(await unknown.ended).toBe(1);
    expect(unknown.stderr).toContain('Register it first, or set SCHEMA_AUTO_REGISTER=true.');
    await expect(registry.versions(subject)).rejects.toMatchObject({ code: 'subject-not-found' });

    await registry.register(subject, { avsc: userRecordSchema.avsc });
    expect(await fixture.start(['run', '--count', '1'], lookUpOnly).ended).toBe(0);
    expect(await fixture.records()).toHaveLength(1);
  });
});

describe('a registry', () => {
  it('that is away is waited for, with its address in the log and in readiness; then users are sent', async () => {
    const proxy = await brokerProxy(new URL(registryUrl).host);
    await proxy.cut();
    const producer = fixture.start(['run', '--count', '1', '--json'], {
      SCHEMA_REGISTRY_URL: `http://${proxy.address}`,
    });
    const { msg } = await producer.logged('cannot be reached');
    expect(msg).toContain(`the schema registry at http://${proxy.address}`);
    expect(await producer.get('/health/ready')).toMatchObject({
      status: 503,
      body: expect.stringContaining('registry:unreachable'),
    });
    await proxy.restore();
    expect(await producer.ended).toBe(0);
    expect(producer.summary).toMatchObject({ fetched: 1, produced: 1 });
    await proxy.cut();
  });

  it('that stays away does not keep a SIGTERM waiting', async () => {
    const producer = fixture.start(['serve', '--json'], { SCHEMA_REGISTRY_URL: 'http://127.0.0.1:1' });
    await producer.logged('cannot be reached');
    const asked = performance.now();
    producer.kill('SIGTERM');
    expect(await producer.ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(5_000);
    expect(producer.summary).toMatchObject({ fetched: 0, produced: 0 });
  });

  it('is not taken for one where something else answers', async () => {
    const producer = fixture.start(['run', '--count', '1'], { SCHEMA_REGISTRY_URL: fixture.sourceUrl });
    expect(await producer.ended).toBe(1);
    expect(producer.stderr).toContain('there is no schema registry at');
  });
});
