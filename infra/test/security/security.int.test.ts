import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { CassandraSession, type CassandraOptions } from '@sluice/cassandra-repository';
import { KafkaClient, type KafkaOptions } from '@sluice/kafka-client';
import { createAuthority, issueCertificate, issueToken } from '@sluice/local-stack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSecureStack, type SecureStack } from './secure-stack.ts';
import { startTokenProvider } from './token-provider.ts';

let stack: SecureStack;

beforeAll(async () => {
  stack = await startSecureStack();
});

afterAll(() => stack.stop());

const publish = (count: number) => ['run', '--count', String(count), '--json'];
const longAgo = { notBefore: new Date(Date.now() - 10 * 86_400_000), days: 2 };

async function authority() {
  const read = (file: string) => readFile(join(stack.security.folder, file), 'utf8');
  return { certificate: await read('ca.pem'), key: await read('ca-key.pem') };
}

/** What a client of Kafka says where it cannot connect. */
async function kafkaFailure(options: KafkaOptions): Promise<{ code: string; message: string }> {
  const failure = await new KafkaClient(options).admin().then(
    (admin) => admin.close(),
    (error: unknown) => error,
  );
  return failure as { code: string; message: string };
}

async function cassandraFailure(options: CassandraOptions): Promise<{ code: string; message: string }> {
  const failure = await CassandraSession.connect(options).then(
    (session) => session.close(),
    (error: unknown) => error,
  );
  return failure as { code: string; message: string };
}

describe('with the rights of its own principal', () => {
  it('each app does its work', async () => {
    const migrated = await stack.run('stream-writer', ['migrate'], stack.settings('migrate'));
    expect(migrated.output).toContain('topic created');
    expect(migrated.code).toBe(0);
    await stack.grant();
    const produced = await stack.run('producer', publish(200), stack.settings('producer'));
    expect(produced.code, produced.output).toBe(0);
    const drained = await stack.run('stream-writer', ['drain', '--json'], stack.settings('writer'));
    expect(drained.code, drained.output).toBe(0);
    expect(JSON.parse(drained.stdout)).toMatchObject({ written: 200, deadLettered: 0 });
    // It keeps its batches below the server's thresholds only where it may read them.
    expect(drained.output).not.toContain('may not read system_views.settings');
    const audited = await stack.run('stream-writer', ['audit', '--json'], stack.settings('audit'));
    expect(audited.code, audited.output).toBe(0);
    const redriven = await stack.run('stream-writer', ['redrive', '--json'], stack.settings('redrive'));
    expect(redriven.code, redriven.output).toBe(0);
  });

  it('the producer is known by a token of an identity provider', async () => {
    const client = { id: 'producer', secret: 'secret-of-the-client' };
    const provider = await startTokenProvider(client, () =>
      issueToken(stack.security, { principal: 'producer' }),
    );
    const settings = {
      ...stack.settings('producer'),
      KAFKA_SASL_MECHANISM: 'OAUTHBEARER',
      KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: provider.url,
      KAFKA_SASL_OAUTHBEARER_CLIENT_ID: client.id,
      KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: client.secret,
    };
    const produced = await stack.run('producer', publish(1), settings);
    const refused = await stack.run('producer', publish(1), {
      ...settings,
      KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: 'another-secret-of-a-client',
    });
    provider.stop();
    expect(produced.code, produced.output).toBe(0);
    expect(refused.code).toBe(1);
    expect(refused.output).toContain('answers 401 (invalid_client): check the id and the secret');
    expect(refused.output).not.toContain('another-secret-of-a-client');
  });

  it('the producer is known by its certificate', async () => {
    const produced = await stack.run('producer', publish(1), {
      ...stack.settings('producer'),
      KAFKA_BROKERS: stack.kafka.mutualTlsBrokers.join(','),
      KAFKA_SECURITY_PROTOCOL: 'SSL',
      KAFKA_SSL_CERT_FILE: join(stack.security.folder, 'producer.pem'),
      KAFKA_SSL_KEY_FILE: join(stack.security.folder, 'producer-key.pem'),
    });
    expect(produced.code, produced.output).toBe(0);
  });

  it('a client is known by PLAIN, too', async () => {
    const { username, password } = await stack.credentials('console');
    const sasl = { mechanism: 'plain', username, password } as const;
    const admin = await new KafkaClient({ ...(await stack.kafkaOptions('console')), sasl }).admin();
    expect(await admin.topics()).toContain('user_records');
    await admin.close();
  });
});

describe('a right that is missing ends an app with its name and what gives it', () => {
  it('WRITE on the topic', async () => {
    const { code, output } = await stack.run('producer', publish(1), stack.settings('audit'));
    expect(output).toContain('User:audit');
    expect(output).toContain('lacks WRITE on topic user_records');
    expect(output).toContain(
      "kafka-acls --add --allow-principal 'User:audit' --operation write --topic user_records",
    );
    expect(code).toBe(1);
  });

  it('READ on the group', async () => {
    const settings = { ...stack.settings('writer'), KAFKA_GROUP_ID: 'another-group' };
    const { code, output } = await stack.run('stream-writer', ['drain'], settings);
    expect(output).toContain('it lacks READ on group another-group');
    expect(code).toBe(1);
  });

  it('WRITE on the dead letters', async () => {
    const settings = { ...stack.settings('writer'), KAFKA_DLQ_TOPIC: 'another.dlq' };
    const { code, output } = await stack.run('stream-writer', ['drain'], settings);
    expect(output).toContain('it lacks WRITE on topic another.dlq');
    expect(code).toBe(1);
  });

  it('CREATE of a topic', async () => {
    const settings = { ...stack.settings('migrate'), KAFKA_TOPIC: 'another' };
    const { code, output } = await stack.run('stream-writer', ['migrate'], settings);
    expect(output).toContain('it lacks CREATE on topic another');
    expect(code).toBe(1);
  });

  it('MODIFY on the table', async () => {
    const { CASSANDRA_USERNAME, CASSANDRA_PASSWORD_FILE } = stack.settings('console') as Record<
      'CASSANDRA_USERNAME' | 'CASSANDRA_PASSWORD_FILE',
      string
    >;
    const settings = { ...stack.settings('writer'), CASSANDRA_USERNAME, CASSANDRA_PASSWORD_FILE };
    const { code, output } = await stack.run('stream-writer', ['drain'], settings);
    expect(output).toContain(
      'User console has no MODIFY permission on <table worldwide_users.user_records> or any of its parents: have it granted',
    );
    expect(code).toBe(1);
  });
});

describe('a wrong password ends an app, which names the user', () => {
  const wrong = 'not-the-password-of-anyone';

  it('in Kafka', async () => {
    const { KAFKA_SASL_PASSWORD_FILE: _, ...settings } = stack.settings('producer');
    const run = await stack.run('producer', publish(1), { ...settings, KAFKA_SASL_PASSWORD: wrong });
    expect(run.output).toContain(
      'check the user producer and its password (sasl.username, sasl.password) (settings: KAFKA_SEC',
    );
    expect(run.output).not.toContain(wrong);
    expect(run.code).toBe(1);
  });

  it('in Cassandra', async () => {
    const { CASSANDRA_PASSWORD_FILE: _, ...settings } = stack.settings('writer');
    const run = await stack.run('stream-writer', ['drain'], { ...settings, CASSANDRA_PASSWORD: wrong });
    expect(run.output).toContain('Provided username writer and/or password are incorrect');
    expect(run.output).toContain(
      'Check username and password. (settings: CASSANDRA_USERNAME and CASSANDRA_PASSWORD)',
    );
    expect(run.output).not.toContain(wrong);
    expect(run.code).toBe(1);
  });

  it('which the default superuser of Cassandra has, too', async () => {
    const options = await stack.cassandraOptions('admin');
    const known = { username: 'cassandra', password: 'cassandra' };
    expect(await cassandraFailure({ ...options, ...known })).toMatchObject({ code: 'authentication-failed' });
  });
});

describe('a certificate that is not right is refused, with what to fix', () => {
  it('one of a client that has expired', async () => {
    const { certificate: cert, key } = await issueCertificate(await authority(), {
      name: 'writer',
      hosts: [],
      usage: 'client',
      ...longAgo,
    });
    const { ca } = await stack.credentials('writer');
    const tls = { ca, cert, key };
    expect(
      await kafkaFailure({ brokers: stack.kafka.mutualTlsBrokers, clientId: 'tests', ssl: tls }),
    ).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('(ssl.cert) has expired at') as string,
    });
    expect(await cassandraFailure({ ...(await stack.cassandraOptions('writer')), tls })).toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('The certificate in tls.cert has expired at') as string,
    });
  });

  it('one of a server that has expired', async () => {
    const { certificate: cert, key } = await issueCertificate(await authority(), {
      name: 'server',
      hosts: ['127.0.0.1'],
      usage: 'server',
      ...longAgo,
    });
    const server = createServer({ cert, key }).listen(0, '127.0.0.1');
    server.on('tlsClientError', () => undefined);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const kafka = { ...(await stack.kafkaOptions('writer')), brokers: [`127.0.0.1:${port}`] };
    const cassandra = { ...(await stack.cassandraOptions('writer')), port };
    const failures = [await kafkaFailure(kafka), await cassandraFailure(cassandra)];
    server.close();
    expect(failures).toMatchObject([
      {
        code: 'authentication-failed',
        message: expect.stringContaining('certificate has expired: give') as string,
      },
      {
        code: 'certificate-refused',
        message: expect.stringContaining('certificate has expired: give') as string,
      },
    ]);
  });

  it('those of an authority that the client does not trust', async () => {
    const { certificate: ca } = await createAuthority({ name: 'somebody else' });
    const kafka = await kafkaFailure({ ...(await stack.kafkaOptions('writer')), ssl: { ca } });
    expect(kafka).toMatchObject({
      code: 'authentication-failed',
      message: expect.stringContaining('check ssl: ca') as string,
    });
    const options = await stack.cassandraOptions('writer');
    expect(await cassandraFailure({ ...options, tls: { ...options.tls, ca } })).toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('Set tls.ca to the authority') as string,
    });
  });

  it('none at all', async () => {
    const { ca } = await stack.credentials('writer');
    const kafka = { brokers: stack.kafka.mutualTlsBrokers, clientId: 'tests', ssl: { ca } };
    expect(await kafkaFailure(kafka)).toMatchObject({
      message: expect.stringContaining('cert and key a certificate that the brokers trust') as string,
    });
    const cassandra = { ...(await stack.cassandraOptions('writer')), tls: { ca } };
    expect(await cassandraFailure(cassandra)).toMatchObject({
      code: 'certificate-refused',
      message: expect.stringContaining('set tls.cert and tls.key') as string,
    });
  });
});

describe('a client of the wrong protocol is told so', () => {
  it('without TLS on a port with it', async () => {
    const { ssl: _, ...kafka } = await stack.kafkaOptions('writer');
    expect(await kafkaFailure(kafka)).toMatchObject({
      message: expect.stringContaining('may ask for TLS (ssl)') as string,
    });
    const { tls, ...cassandra } = await stack.cassandraOptions('writer');
    expect(tls).toBeDefined();
    expect(await cassandraFailure(cassandra)).toMatchObject({
      message: expect.stringContaining('The port may ask for TLS: set tls.') as string,
    });
  });

  it('with TLS on a port without it', async () => {
    const brokers = (process.env.KAFKA_BROKERS ?? '').split(',');
    expect(await kafkaFailure({ ...(await stack.kafkaOptions('writer')), brokers })).toMatchObject({
      message: expect.stringContaining('the port may not speak TLS') as string,
    });
    const cassandra = { ...(await stack.cassandraOptions('writer')), port: stack.plainPort };
    expect(await cassandraFailure(cassandra)).toMatchObject({
      code: 'tls-mismatch',
      message: expect.stringContaining('The port does not speak TLS') as string,
    });
  });
});

it('nothing that an app has said holds a secret', async () => {
  const { folder } = stack.security;
  const secrets = await Promise.all(
    ['producer', 'writer', 'migrate', 'audit', 'redrive', 'console'].map((name) =>
      readFile(join(folder, `${name}.password`), 'utf8'),
    ),
  );
  const said = stack.said.join('\n');
  expect(said.length).toBeGreaterThan(1_000);
  for (const secret of [...secrets, 'PRIVATE KEY', 'eyJ']) expect(said).not.toContain(secret);
});
