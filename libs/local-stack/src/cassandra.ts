import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { types, type Client } from 'cassandra-driver';
import { connectCassandra } from './cassandra-client.ts';
import { administratorSession, defaultSuperuser, nodeSecurity, setUpRoles } from './cassandra-security.ts';
import { LocalStackError } from './errors.ts';
import { readIfThere, replaceWhole } from './lock.ts';
import { clusterJvm, nodeNames } from './nodes.ts';
import { isFree } from './ports.ts';
import type { StackSecurity } from './security.ts';
import type { NodeDefinition, ServiceContext } from './service.ts';

export const CASSANDRA_VERSION = '5.0.9';
const POM = new URL('../services/cassandra/pom.xml', import.meta.url);

/** The data centre that SimpleSnitch names. */
export const LOCAL_DATA_CENTER = 'datacenter1';

/** How Cassandra is set up. */
export interface CassandraSetup {
  /**
   * Nodes of the cluster, on 127.0.0.1, 127.0.0.2 and so on: macOS needs these addresses added to its loopback
   * interface first. Default 1. Fixed for the data of a folder.
   */
  readonly nodes?: number;
  /**
   * Settings of cassandra.yaml for every node; they replace those of this library. With an authenticator the superuser
   * is `cassandra`, password `cassandra`.
   */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Cassandra nodes, all of them seeds: they may start at the same time, and each knows the others. */
export function cassandraNodes(
  { nodes = 1, settings = {} }: CassandraSetup = {},
  security?: StackSecurity,
): readonly NodeDefinition[] {
  const names = nodeNames('cassandra', nodes);
  const hosts = names.map((_, index) => `127.0.0.${index + 1}`);
  const [first = ''] = names;
  let storagePort: Promise<number> | undefined;
  let stackDir = '';
  return hosts.map((host, index): NodeDefinition => ({
    name: names[index] ?? first,
    version: CASSANDRA_VERSION,
    host,
    jarsOf: 'cassandra',
    ...(index > 0 && { samePortAs: first }),
    async prepare(context) {
      const service = `Cassandra ${CASSANDRA_VERSION}`;
      // From 24 on the JVM refuses the security manager that Cassandra installs (JEP 486).
      const java = await context.java({ service, from: 17, before: 24 });
      const jars = await context.jars(POM);
      storagePort ??= storagePortOf(context);
      const own = nodeSettings(context, { host, hosts, storagePort: await storagePort });
      stackDir = context.stackDir;
      const secured = security && (await nodeSecurity(security, context));
      await writeConfiguration(context.dataDir, { ...own, ...secured, ...settings });
      const conf = (file: string) => pathToFileURL(join(context.dataDir, 'conf', file)).href;
      const tmp = join(context.dataDir, 'tmp');
      return {
        file: java,
        args: [
          `-javaagent:${agentOf(jars)}`,
          ...JVM,
          ...clusterJvm(nodes),
          ...quickStart(nodes),
          `-Dcassandra.config=${conf('cassandra.yaml')}`,
          `-Dlogback.configurationFile=${conf('logback.xml')}`,
          `-Dcassandra.storagedir=${context.dataDir}`,
          `-Djava.io.tmpdir=${tmp}`,
          `-Djna.tmpdir=${tmp}`,
          '-Dcassandra-foreground=yes',
          '-cp',
          jars.join(':'),
          'org.apache.cassandra.service.CassandraDaemon',
        ],
        ...(security && { details: { secrets: (await security.secrets(stackDir)).folder } }),
      };
    },
    async probe(port) {
      const node = { host, port, localDataCenter: LOCAL_DATA_CENTER };
      if (!security) return probe(await connectCassandra(node, defaultSuperuser), nodes);
      const session = await administratorSession(security, stackDir, node);
      await setUpRoles(security, stackDir, session);
      return probe(session, nodes);
    },
  }));
}

/** A node that is alone waits for no other, neither when it starts nor when it leaves; the probe waits for those of a cluster. */
function quickStart(nodes: number): readonly string[] {
  return [
    '-Dcassandra.skip_wait_for_gossip_to_settle=0',
    `-Dcassandra.ring_delay_ms=${nodes === 1 ? 100 : 2000}`,
    '-Dcassandra.superuser_setup_delay_ms=100',
    '-Dcassandra.shutdown_announce_in_ms=0',
  ];
}

/** conf/jvm17-server.options of Cassandra 5.0, with a small heap and an end instead of a heap dump. */
const JVM = [
  '-Xms512m',
  '-Xmx512m',
  '-Xss256k',
  '-XX:+UseG1GC',
  '-XX:+ParallelRefProcEnabled',
  '-XX:MaxTenuringThreshold=1',
  '-XX:MaxGCPauseMillis=300',
  '-XX:+ExitOnOutOfMemoryError',
  '-XX:+PerfDisableSharedMem',
  '-Djdk.attach.allowAttachSelf=true',
  ...[
    'java.base/jdk.internal.misc',
    'java.management.rmi/com.sun.jmx.remote.internal.rmi',
    'java.rmi/sun.rmi.registry',
    'java.rmi/sun.rmi.server',
    'java.sql/java.sql',
    'java.base/java.lang.ref',
    'jdk.unsupported/sun.misc',
    'jdk.compiler/com.sun.tools.javac.file',
    'jdk.attach/sun.tools.attach',
  ].map((name) => `--add-exports=${name}=ALL-UNNAMED`),
  ...[
    'java.base/java.lang.module',
    'java.base/jdk.internal.loader',
    'java.base/jdk.internal.ref',
    'java.base/jdk.internal.reflect',
    'java.base/jdk.internal.math',
    'java.base/jdk.internal.module',
    'java.base/jdk.internal.util.jar',
    'jdk.management/com.sun.management.internal',
    'java.base/sun.nio.ch',
    'java.base/java.io',
    'java.base/java.lang.reflect',
    'jdk.compiler/com.sun.tools.javac',
    'java.base/java.lang',
    'java.base/java.util',
  ].map((name) => `--add-opens=${name}=ALL-UNNAMED`),
  '-Dio.netty.tryReflectionSetAccessible=true',
  '-Dio.netty.allocator.useCacheForAllThreads=true',
  '-Dio.netty.allocator.maxOrder=11',
  '-Djava.net.preferIPv4Stack=true',
  '-Dfile.encoding=UTF-8',
];

/** jamm measures memtables. */
function agentOf(jars: readonly string[]): string {
  const agent = jars.find((jar) => basename(jar).startsWith('jamm-'));
  if (agent === undefined) {
    throw new LocalStackError(
      'download-failed',
      'the jars of Cassandra are without jamm: delete the cache and start again',
    );
  }
  return agent;
}

/** The port of the last start where it is free still: nodes remember one another by it. */
async function storagePortOf(context: ServiceContext): Promise<number> {
  const path = join(context.dataDir, 'conf', 'cassandra.yaml');
  const { storage_port: port } = parseSettings((await readIfThere(path)) ?? '{}', path);
  return port !== undefined && (await isFree(port)) ? port : context.freePort();
}

function parseSettings(text: string, path: string): { readonly storage_port?: number } {
  try {
    return JSON.parse(text) as { storage_port?: number };
  } catch (cause) {
    throw new LocalStackError(
      'state-unreadable',
      `${path} is damaged: delete it, and the start writes it again`,
      { cause },
    );
  }
}

function nodeSettings(
  { dataDir, port }: ServiceContext,
  { host, hosts, storagePort }: { host: string; hosts: readonly string[]; storagePort: number },
): Record<string, unknown> {
  const inside = (folder: string) => join(dataDir, folder);
  return {
    cluster_name: 'local-stack',
    num_tokens: 16,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    listen_address: host,
    rpc_address: host,
    storage_port: storagePort,
    native_transport_port: port,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: hosts.map((seed) => `${seed}:${storagePort}`).join(',') }],
      },
    ],
    data_file_directories: [inside('data')],
    commitlog_directory: inside('commitlog'),
    saved_caches_directory: inside('saved_caches'),
    hints_directory: inside('hints'),
    cdc_raw_directory: inside('cdc_raw'),
    commitlog_sync: 'periodic',
    commitlog_sync_period: '10000ms',
    disk_failure_policy: 'stop',
    commit_failure_policy: 'stop',
    // A snapshot at each DROP and TRUNCATE would fill the disk of whoever runs tests.
    auto_snapshot: false,
  };
}

async function writeConfiguration(
  folder: string,
  settings: Readonly<Record<string, unknown>>,
): Promise<void> {
  await mkdir(join(folder, 'conf'), { recursive: true });
  await mkdir(join(folder, 'tmp'), { recursive: true });
  // JSON is YAML, with every path quoted.
  await replaceWhole(join(folder, 'conf', 'cassandra.yaml'), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(join(folder, 'conf', 'logback.xml'), LOGBACK);
}

const LOGBACK = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger{20} - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
`;

/** An answered query of a node that is alone, without security. */
export async function cassandraProbe(host: string, port: number): Promise<void> {
  const node = { host, port, localDataCenter: LOCAL_DATA_CENTER };
  await probe(await connectCassandra(node, defaultSuperuser), 1);
}

/** An answered query; in a cluster, by each node that is up, of all others, and one that needs a quorum. */
async function probe(client: Client, nodes: number): Promise<void> {
  try {
    // One after another, the queries go to the nodes in turn.
    for (let turn = 0; turn < nodes; turn += 1) {
      const { rows } = await client.execute('SELECT peer FROM system.peers');
      if (rows.length < nodes - 1) throw new Error(`a node knows of ${rows.length} others`);
    }
    if (nodes > 1) await client.execute(REPLICATED_QUERY, [], { consistency: types.consistencies.quorum });
  } finally {
    await client.shutdown();
  }
}

/** Of a table of Cassandra's own with three replicas. */
const REPLICATED_QUERY = `SELECT view_name FROM system_distributed.view_build_status
  WHERE keyspace_name = 'none' AND view_name = 'none'`;
