import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type * as KafkaJs from 'kafkajs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KafkaClient, KafkaError, type KafkaOptions, type PasswordOptions } from '../../src/index.ts';
import { freePort, startOwnBroker } from '../own-broker.ts';
import { Reader, until } from '../reader.ts';

const ports = { plain: 0, sasl: 0, tls: 0, saslTls: 0, elsewhere: 0 };
const certificates = { server: '', serverKey: '', client: '', clientKey: '' };
let stopBroker: (() => Promise<void>) | undefined;

const users = {
  plain: { mechanism: 'plain', username: 'alice', password: 'alice-secret' },
  'scram-sha-256': { mechanism: 'scram-sha-256', username: 'bob', password: 'bob-secret' },
  'scram-sha-512': { mechanism: 'scram-sha-512', username: 'carol', password: 'carol-secret' },
} as const satisfies Record<PasswordOptions['mechanism'], PasswordOptions>;

beforeAll(async () => {
  for (const name of Object.keys(ports) as (keyof typeof ports)[]) ports[name] = await freePort();
  [certificates.server, certificates.serverKey] = await selfSigned('subjectAltName=IP:127.0.0.1');
  [certificates.client, certificates.clientKey] = await selfSigned('extendedKeyUsage=clientAuth');
  const jaas = (module: string) => `org.apache.kafka.common.security.${module} required`;
  const loginOf = (listener: string) => ({
    [`listener.name.${listener}.plain.sasl.jaas.config`]: `${jaas('plain.PlainLoginModule')} user_alice="alice-secret";`,
    [`listener.name.${listener}.scram-sha-256.sasl.jaas.config`]: `${jaas('scram.ScramLoginModule')};`,
    [`listener.name.${listener}.scram-sha-512.sasl.jaas.config`]: `${jaas('scram.ScramLoginModule')};`,
  });
  stopBroker = await startOwnBroker(ports.plain, {
    listeners: [
      { name: 'AUTH', protocol: 'SASL_PLAINTEXT', port: ports.sasl },
      { name: 'MUTUAL', protocol: 'SSL', port: ports.tls },
      { name: 'AUTHTLS', protocol: 'SASL_SSL', port: ports.saslTls },
      {
        name: 'ELSEWHERE',
        protocol: 'PLAINTEXT',
        port: ports.elsewhere,
        advertisedHost: 'kafka.invalid',
        advertisedPort: 9092,
      },
    ],
    properties: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': 'true',
      'super.users': 'User:ANONYMOUS',
      ...loginOf('auth'),
      ...loginOf('authtls'),
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': 'server.pem',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': 'clients.pem',
      'listener.name.mutual.ssl.client.auth': 'required',
    },
    scramUsers: [
      'SCRAM-SHA-256=[name=bob,password=bob-secret]',
      'SCRAM-SHA-512=[name=carol,password=carol-secret]',
    ],
    files: {
      'server.pem': certificates.serverKey + certificates.server,
      'clients.pem': certificates.client,
    },
  });
});

afterAll(() => stopBroker?.());

/** A certificate that signs itself, and its key. */
async function selfSigned(extension: string): Promise<[string, string]> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-certificate-'));
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const args = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'];
  await promisify(execFile)('openssl', [...args, '-addext', extension, '-keyout', key, '-out', cert]);
  const pem: [string, string] = [await readFile(cert, 'utf8'), await readFile(key, 'utf8')];
  await rm(folder, { recursive: true });
  return pem;
}

function client(port: number, options: Partial<KafkaOptions> = {}): KafkaClient {
  return new KafkaClient({ brokers: [`127.0.0.1:${port}`], clientId: 'security-tests', ...options });
}

async function roundTrip(kafka: KafkaClient): Promise<void> {
  const topic = `t-${randomUUID()}`;
  const admin = await kafka.admin();
  await admin.createTopic({ topic, partitions: 1, replicationFactor: 1 });
  await admin.close();
  const producer = await kafka.producer();
  await producer.send(topic, [{ key: null, value: Buffer.from('hello') }]);
  await producer.close();
  const reader = await new Reader().start(kafka, { topic });
  await until(() => reader.records.length === 1);
  expect(await reader.commitAll()).toBe('committed');
  await reader.stop();
}

it.each(Object.values(users))('records pass with $mechanism', (sasl) =>
  roundTrip(client(ports.sasl, { sasl })),
);

it('records pass with SCRAM over TLS', () =>
  roundTrip(client(ports.saslTls, { sasl: users['scram-sha-512'], ssl: { ca: certificates.server } })));

it('records pass with certificates on both sides', () =>
  roundTrip(
    client(ports.tls, {
      ssl: { ca: certificates.server, cert: certificates.client, key: certificates.clientKey },
    }),
  ));

async function failureOf(kafka: KafkaClient): Promise<KafkaError> {
  const failure: unknown = await kafka.admin().then(
    (admin) => admin.close(),
    (error: unknown) => error,
  );
  if (!(failure instanceof KafkaError)) throw new Error('it connected');
  return failure;
}

it.each(Object.values(users))(
  'a wrong password with $mechanism is refused with a clear message',
  async (user) => {
    const sasl = { ...user, password: 'not-the-one' };
    const failure = await failureOf(client(ports.sasl, { sasl }));
    expect(failure).toMatchObject({ code: 'authentication-failed', retryable: false });
    expect(failure.message).toContain(`127.0.0.1:${ports.sasl}`);
    expect(failure.message).not.toContain('not-the-one');
  },
);

it('each mistake about TLS or authentication is named', async () => {
  const ssl = { ca: certificates.server };
  const failures = {
    plainToTls: await failureOf(client(ports.saslTls)),
    tlsToPlain: await failureOf(client(ports.plain, { ssl })),
    notTrusted: await failureOf(client(ports.saslTls, { ssl: true, sasl: users.plain })),
    noCertificate: await failureOf(client(ports.tls, { ssl })),
    noCredentials: await failureOf(client(ports.sasl)),
    notAsked: await failureOf(client(ports.plain, { sasl: users.plain })),
  };
  expect(failures).toMatchObject({
    plainToTls: { code: 'unreachable', message: expect.stringContaining('may ask for TLS (ssl)') },
    tlsToPlain: { code: 'unreachable', message: expect.stringContaining('may not speak TLS') },
    notTrusted: { code: 'authentication-failed', message: expect.stringContaining('check ssl: ca') },
    noCertificate: { code: 'authentication-failed', message: expect.stringContaining('cert and key') },
    noCredentials: { code: 'unreachable', message: expect.stringContaining('authentication (sasl)') },
    notAsked: { code: 'authentication-failed', message: expect.stringContaining('SASL') },
  });
});

it('an advertised listener that does not resolve is named, and where it comes from', async () => {
  const failure = await failureOf(client(ports.elsewhere));
  expect(failure).toMatchObject({ code: 'unreachable', retryable: true });
  expect(failure.message).toMatch(
    new RegExp(
      `127.0.0.1:${ports.elsewhere}.*advertises the listener kafka.invalid:9092.*advertised.listeners`,
    ),
  );
});

it('a consumer that loses its right to read waits, says so, and goes on once it has it again', async () => {
  const topic = `t-${randomUUID()}`;
  const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } =
    createRequire(import.meta.url)('kafkajs') as typeof KafkaJs;
  const operator = new Kafka({ brokers: [`127.0.0.1:${ports.plain}`], logLevel: logLevel.NOTHING }).admin();
  await operator.connect();
  await operator.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true });
  const denial = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: topic,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:alice',
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.DENY,
  };
  const reader = await new Reader().start(client(ports.sasl, { sasl: users.plain }), { topic });
  const producer = await client(ports.plain).producer();
  await producer.send(topic, [{ key: null, value: Buffer.from('1') }]);
  await until(() => reader.records.length === 1);

  await operator.createAcls({ acl: [denial] });
  await until(() => reader.interruptions.some(({ code }) => code === 'not-authorized'));
  await producer.send(topic, [{ key: null, value: Buffer.from('2') }]);
  const { resourcePatternType, ...filter } = denial;
  await operator.deleteAcls({ filters: [{ ...filter, resourcePatternType }] });
  await until(() => reader.records.length >= 2);

  await producer.close();
  await reader.stop();
  await operator.disconnect();
});
