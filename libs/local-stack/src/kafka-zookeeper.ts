import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { BROKER_JVM, brokerProbe, writeProperties, type KafkaSetup } from './kafka.ts';
import { clusterJvm, nodeNames } from './nodes.ts';
import { LOCALHOST } from './ports.ts';
import type { Command, NodeDefinition, ServiceContext } from './service.ts';

const VERSION = '3.9.2';
const ZOOKEEPER_VERSION = '3.8.6';
const POM = new URL('../services/kafka-zookeeper/pom.xml', import.meta.url);
const ZOOKEEPER = 'zookeeper';

/** ZooKeeper, and brokers of the last Kafka that can do with it. */
export function zookeeperKafkaNodes({ nodes = 1, properties = {} }: KafkaSetup): readonly NodeDefinition[] {
  let zookeeperPort = 0;
  const zookeeper: NodeDefinition = {
    name: ZOOKEEPER,
    version: ZOOKEEPER_VERSION,
    jarsOf: 'kafka-zookeeper',
    async prepare(context) {
      zookeeperPort = context.port;
      await writeProperties(join(context.dataDir, 'zoo.cfg'), {
        dataDir: 'data',
        clientPort: context.port,
        clientPortAddress: LOCALHOST,
        tickTime: 1000,
        'admin.enableServer': false,
        '4lw.commands.whitelist': 'ruok',
      });
      return command(context, {
        jvm: ['-Xms64m', '-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        main: 'org.apache.zookeeper.server.quorum.QuorumPeerMain',
        configuration: 'zoo.cfg',
      });
    },
    probe: (port, signal) => ruok(port, signal),
  };
  const brokers = nodeNames('kafka', nodes).map((name, index): NodeDefinition => ({
    name,
    version: VERSION,
    jarsOf: 'kafka-zookeeper',
    after: [ZOOKEEPER],
    async prepare(context) {
      const own = brokerProperties(context.port, { index, nodes, zookeeperPort });
      await writeProperties(join(context.dataDir, 'server.properties'), { ...own, ...properties });
      return command(context, {
        jvm: [...BROKER_JVM, ...clusterJvm(nodes)],
        main: 'kafka.Kafka',
        configuration: 'server.properties',
      });
    },
    probe: (port, signal) => brokerProbe(index, port, signal),
  }));
  return [zookeeper, ...brokers];
}

async function command(
  context: ServiceContext,
  program: { readonly jvm: readonly string[]; readonly main: string; readonly configuration: string },
): Promise<Command> {
  const java = await context.java({ service: `Kafka ${VERSION}`, from: 17, before: 24 });
  const classPath = (await context.jars(POM)).join(':');
  await writeFile(join(context.dataDir, 'log4j.properties'), LOG4J);
  const { jvm, main, configuration } = program;
  return {
    file: java,
    args: ['-Dlog4j.configuration=file:log4j.properties', ...jvm, '-cp', classPath, main, configuration],
  };
}

function brokerProperties(
  port: number,
  {
    index,
    nodes,
    zookeeperPort,
  }: { readonly index: number; readonly nodes: number; readonly zookeeperPort: number },
): Record<string, string | number | boolean> {
  const replicas = Math.min(3, nodes);
  const minInSync = Math.max(1, replicas - 1);
  return {
    'broker.id': index + 1,
    'zookeeper.connect': `${LOCALHOST}:${zookeeperPort}/kafka`,
    // A broker that was killed may register again only when its last session has run out.
    'zookeeper.session.timeout.ms': 6000,
    listeners: `PLAINTEXT://${LOCALHOST}:${port}`,
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': 5,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': 5,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    // From 4.0 on the default (KIP-937).
    'log.message.timestamp.after.max.ms': 3_600_000,
  };
}

/** One of ZooKeeper's commands of four letters, answered. */
async function ruok(port: number, signal: AbortSignal): Promise<void> {
  const socket = connect({ host: LOCALHOST, port, signal });
  socket.end('ruok');
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
  socket.destroy();
  if (answer.toString() !== 'imok') throw new Error('ZooKeeper does not answer as it should');
}

const LOG4J = `log4j.rootLogger=INFO, console
log4j.appender.console=org.apache.log4j.ConsoleAppender
log4j.appender.console.layout=org.apache.log4j.PatternLayout
log4j.appender.console.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{1}: %m%n
`;
