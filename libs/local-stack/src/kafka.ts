import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KafkaClient } from '@sluice/kafka-client';
import type { Command, ServiceContext, ServiceDefinition } from './service.ts';

const VERSION = '4.3.1';
const POM = new URL('../services/kafka/pom.xml', import.meta.url);
const PROBE_TOPIC = '__local_stack_probe';

/** One Kafka node, broker and KRaft controller in one process. */
export const kafka: ServiceDefinition = {
  name: 'kafka',
  version: VERSION,
  async prepare(context) {
    const java = await context.java({ service: `Kafka ${VERSION}`, from: 17 });
    const classPath = (await context.jars(POM)).join(':');
    await writeConfiguration(context);
    const run = (main: string, ...args: string[]): Command => ({
      file: java,
      args: ['-Dlog4j2.configurationFile=log4j2.properties', ...JVM, '-cp', classPath, main, ...args],
    });
    if (!existsSync(join(context.dataDir, 'data', 'meta.properties'))) {
      // Formatting writes this file last: without it, what is there is the rest of an interrupted one.
      await rm(join(context.dataDir, 'data'), { recursive: true, force: true });
      await context.run(
        run('kafka.tools.StorageTool', 'format', '-t', clusterId(), '-c', 'server.properties'),
      );
    }
    return run('kafka.Kafka', 'server.properties');
  },
  probe,
};

const JVM = [
  '-Xms256m',
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
];

/** 16 random bytes in URL-safe base64, as Kafka writes a Uuid; its tools take a leading dash for an option. */
function clusterId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? clusterId() : id;
}

async function writeConfiguration({ dataDir, port, freePort }: ServiceContext): Promise<void> {
  const controllerPort = await freePort();
  await mkdir(dataDir, { recursive: true });
  // Paths are relative to the folder the broker runs in: a properties file would need them escaped.
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed may register again only when its last session has run out.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(join(dataDir, 'server.properties'), lines.join(''));
  await writeFile(join(dataDir, 'log4j2.properties'), LOG4J2);
}

const LOG4J2 = `appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p [%t] %c{1}: %m%n
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
`;

/** An acknowledged produce, to a topic that is gone afterwards. */
async function probe(port: number, signal: AbortSignal): Promise<void> {
  const client = new KafkaClient({ brokers: [`127.0.0.1:${port}`], clientId: 'local-stack' });
  const admin = await client.admin();
  try {
    await admin.createTopic({ topic: PROBE_TOPIC, partitions: 1, replicationFactor: 1 });
    await produce(client, signal);
    await admin.deleteTopic(PROBE_TOPIC);
  } finally {
    await admin.close();
  }
}

async function produce(client: KafkaClient, signal: AbortSignal): Promise<void> {
  const producer = await client.producer();
  // A send is repeated until the producer is closed, even when the broker is gone for good.
  const giveUp = () => void producer.close({ timeoutMs: 0 });
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await producer.send(PROBE_TOPIC, [{ key: null, value: Buffer.from('ready') }]);
  } finally {
    signal.removeEventListener('abort', giveUp);
    await producer.close();
  }
}
