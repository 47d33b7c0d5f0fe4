import { Command } from 'commander';
import {
  ConfigError,
  cassandraSecurity,
  cassandraSettings,
  kafkaSecurity,
  kafkaSettings,
  readConfig,
  runProgram,
  shutdownSignal,
  untilReachable,
} from '@sluice/app-runtime';
import type { CassandraSession } from '@sluice/cassandra-repository';
import { KafkaClient } from '@sluice/kafka-client';
import { aclBindings, grantStatements } from '@sluice/local-stack';
import { createLogger } from '@sluice/telemetry';
import { z } from 'zod';
import { adminSession, type CassandraServer, createRoles, readPasswords } from './cassandra-roles.ts';
import { CERTIFICATE_CLIENTS, users } from './rights.ts';

const logger = createLogger({ name: 'setup' });
const signal = shutdownSignal((code) => process.exit(code));
const waiting = { logger, signal };

const settings = {
  ...kafkaSettings,
  ...cassandraSettings,
  /** Lines of a role and its password. */
  CASSANDRA_USERS: z.string(),
};

const program = new Command('setup').description(
  'Gives the users of compose.yaml their rights, before and after stream-writer migrate. Both steps may be repeated.',
);

program
  .command('access')
  .description('rights in Kafka; in Cassandra roles, and an administrator in place of the default superuser')
  .action(async () => {
    const config = readConfig(settings, process.env);
    await allowInKafka(config);
    await asAdmin(config, async (session) => {
      await createRoles(session, readPasswords(config.CASSANDRA_USERS));
      await grant(session, config, { afterMigrate: false });
    });
  });

program
  .command('grants')
  .description('rights on the table in Cassandra, which migrate has made')
  .action(async () => {
    const config = readConfig(settings, process.env);
    await asAdmin(config, (session) => grant(session, config, { afterMigrate: true }));
  });

process.exit(await runProgram(program, process.argv, process.env));

type Config = ReturnType<typeof readConfig<typeof settings>>;

async function allowInKafka(config: Config): Promise<void> {
  const { KAFKA_BROKERS: brokers } = config;
  const client = new KafkaClient({ brokers, clientId: 'setup', logger, ...kafkaSecurity(config) });
  const admin = await untilReachable(() => client.admin(), {
    what: `Kafka at ${brokers.join(', ')}`,
    hint: 'Look at its log.',
    ...waiting,
  });
  try {
    await admin.allow(aclBindings([...users(namesOf(config)), ...CERTIFICATE_CLIENTS]));
  } finally {
    await admin.close();
  }
  logger.info({}, 'the users have their rights in Kafka');
}

async function asAdmin(config: Config, action: (session: CassandraSession) => Promise<void>): Promise<void> {
  const session = await adminSession(cassandraServer(config), waiting);
  try {
    await action(session);
  } finally {
    await session.close();
  }
}

async function grant(
  session: CassandraSession,
  config: Config,
  when: { readonly afterMigrate: boolean },
): Promise<void> {
  for (const statement of grantStatements(users(namesOf(config)), when)) await session.query(statement);
  logger.info(when, 'the users have their rights in Cassandra');
}

function namesOf({ KAFKA_TOPIC: topic, KAFKA_DLQ_TOPIC: deadLetters, CASSANDRA_KEYSPACE: keyspace }: Config) {
  return { topic, keyspace, ...(deadLetters && { deadLetters }) };
}

function cassandraServer(config: Config): CassandraServer {
  const { CASSANDRA_USERNAME: username, CASSANDRA_PASSWORD: password } = config;
  if (!username || !password) throw new ConfigError(['CASSANDRA_USERNAME and CASSANDRA_PASSWORD: needed']);
  return {
    contactPoints: config.CASSANDRA_CONTACT_POINTS,
    port: config.CASSANDRA_PORT,
    localDataCenter: config.CASSANDRA_LOCAL_DATACENTER,
    ...cassandraSecurity(config),
    username,
    password,
  };
}
