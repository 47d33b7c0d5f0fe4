import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrokerAddress } from './kafka-connection.ts';
import { createAcls, produceOnce } from './kafka-requests.ts';
import { administrator, brokerSecurity } from './kafka-security.ts';
import { clusterJvm, nodeNames } from './nodes.ts';
import { LOCALHOST } from './ports.ts';
import { aclBindings } from './principals.ts';
import type { StackSecurity } from './security.ts';
import type { Command, NodeDefinition, ServiceContext } from './service.ts';
import { writeSecret } from './stack-secrets.ts';

export const KAFKA_VERSION = '4.3.1';
const POM = new URL('../services/kafka/pom.xml', import.meta.url);

/** How Kafka is set up. */
export interface KafkaSetup {
  /**
   * Brokers, each of them a KRaft controller as well. Topics of Kafka's own have min(3, nodes) replicas.
   * Default 1. Fixed for the data of a folder.
   */
  readonly nodes?: number;
  /** Kafka 3.9, the last that can do it, with ZooKeeper instead of KRaft. Default false; fixed for the data of a folder. */
  readonly zookeeper?: boolean;
  /** Lines of server.properties for every broker; they replace those of this library. */
  readonly properties?: Readonly<Record<string, string | number | boolean>>;
  /** Users that are made with a new data folder, as `--add-scram` of Kafka's storage tool takes them. KRaft only. */
  readonly scramUsers?: readonly string[];
}

/** What the nodes of one Kafka know in common. */
interface Quorum {
  readonly clusterId: string;
  /** Of the nodes in their order, each its controller's. */
  readonly controllerPorts: readonly number[];
}

/** Kafka nodes, each broker and KRaft controller in one process. */
export function kafkaNodes(
  { nodes = 1, properties = {}, scramUsers = [] }: KafkaSetup = {},
  security?: StackSecurity,
): readonly NodeDefinition[] {
  let quorum: Promise<Quorum> | undefined;
  let stackDir = '';
  return nodeNames('kafka', nodes).map((name, index): NodeDefinition => ({
    name,
    version: KAFKA_VERSION,
    jarsOf: 'kafka',
    async prepare(context) {
      const java = await context.java({ service: `Kafka ${KAFKA_VERSION}`, from: 17 });
      const classPath = (await context.jars(POM)).join(':');
      quorum ??= quorumOf(nodes, context);
      const { clusterId, controllerPorts } = await quorum;
      const configuration = serverProperties(context.port, { index, controllerPorts });
      stackDir = context.stackDir;
      const secured = security && (await brokerSecurity(security, context, controllerPorts[index] ?? 0));
      await writeConfiguration(context.dataDir, { ...configuration, ...secured?.properties, ...properties });
      const run = (main: string, ...args: string[]): Command => ({
        file: java,
        args: [
          '-Dlog4j2.configurationFile=log4j2.properties',
          ...BROKER_JVM,
          ...clusterJvm(nodes),
          ...(secured?.jvm ?? []),
          '-cp',
          classPath,
          main,
          ...args,
        ],
      });
      if (!existsSync(join(context.dataDir, 'data', 'meta.properties'))) {
        // Formatting writes this file last: without it, what is there is the rest of an interrupted one.
        await rm(join(context.dataDir, 'data'), { recursive: true, force: true });
        const format = ['format', '-t', clusterId, '-c', 'server.properties'];
        const users = [...(secured?.scramUsers ?? []), ...scramUsers].flatMap((user) => [
          '--add-scram',
          user,
        ]);
        await context.run(run('kafka.tools.StorageTool', ...format, ...users));
      }
      const broker = run('kafka.Kafka', 'server.properties');
      if (!security || !secured) return broker;
      const { folder: secrets } = await security.secrets(stackDir);
      return { ...broker, details: { secrets, mutualTlsPort: String(secured.mutualTlsPort) } };
    },
    async probe(port, signal) {
      if (!security) return brokerProbe(index, port, signal);
      const broker = { ...brokerAt(port), security: await administrator(security, stackDir) };
      await produceOnce(broker, probeTopic(index), signal);
      await createAcls(broker, aclBindings(security.principals), signal);
    },
  }));
}

export const BROKER_JVM = [
  '-Xms256m',
  '-Xmx512m',
  '-XX:+UseG1GC',
  '-XX:+ExitOnOutOfMemoryError',
  '-Djava.awt.headless=true',
];

async function quorumOf(nodes: number, context: ServiceContext): Promise<Quorum> {
  const controllerPorts: number[] = [];
  while (controllerPorts.length < nodes) controllerPorts.push(await context.freePort());
  return { clusterId: clusterIdOf(context.stackDir), controllerPorts };
}

/**
 * 16 bytes in URL-safe base64, as Kafka writes a Uuid. They come from the stack's folder: when the first start was
 * interrupted, the rest of the nodes has to be formatted for the cluster of those that were.
 */
function clusterIdOf(stackDir: string): string {
  const id = createHash('sha256').update(stackDir).digest().subarray(0, 16).toString('base64url');
  // Kafka's tools take a leading dash for an option.
  return id.replace(/^-/, 'A');
}

function serverProperties(
  port: number,
  { index, controllerPorts }: { readonly index: number; readonly controllerPorts: readonly number[] },
): Record<string, string | number | boolean> {
  const replicas = Math.min(3, controllerPorts.length);
  const minInSync = Math.max(1, replicas - 1);
  // Paths are relative to the folder the broker runs in: a properties file would need them escaped.
  return {
    'process.roles': 'broker,controller',
    'node.id': index + 1,
    'controller.quorum.voters': controllerPorts
      .map((controllerPort, voter) => `${voter + 1}@${LOCALHOST}:${controllerPort}`)
      .join(','),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `PLAINTEXT://${LOCALHOST}:${port},CONTROLLER://${LOCALHOST}:${controllerPorts[index] ?? 0}`,
    'advertised.listeners': `PLAINTEXT://${LOCALHOST}:${port}`,
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 5,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': minInSync,
    'group.initial.rebalance.delay.ms': 0,
    // A broker that was killed may register again only when its last session has run out.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
  };
}

async function writeConfiguration(
  folder: string,
  properties: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  await writeProperties(join(folder, 'server.properties'), properties);
  await writeFile(join(folder, 'log4j2.properties'), LOG4J2);
}

/** Of its owner's alone: with security, passwords are among them. */
export function writeProperties(
  path: string,
  properties: Readonly<Record<string, string | number | boolean>>,
): Promise<void> {
  const lines = Object.entries(properties).map(([key, value]) => `${key}=${String(value)}\n`);
  return writeSecret(path, lines.join(''));
}

const LOG4J2 = `appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %-5p [%t] %c{1}: %m%n
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = console
`;

function brokerAt(port: number): BrokerAddress {
  return { host: LOCALHOST, port };
}

/** An acknowledged produce by a broker without security. */
export function brokerProbe(index: number, port: number, signal: AbortSignal): Promise<void> {
  return produceOnce(brokerAt(port), probeTopic(index), signal);
}

/** Of each broker its own: they are probed at the same time. */
function probeTopic(index: number): string {
  return `__local_stack_probe_${index + 1}`;
}
