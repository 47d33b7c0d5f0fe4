import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CassandraSession } from '@sluice/cassandra-repository';
import { LocalStackError } from './errors.ts';
import type { ServiceContext, ServiceDefinition } from './service.ts';

const VERSION = '5.0.9';
const POM = new URL('../services/cassandra/pom.xml', import.meta.url);

/** The data centre that SimpleSnitch names. */
export const LOCAL_DATA_CENTER = 'datacenter1';

/** One Cassandra node, by itself. */
export const cassandra: ServiceDefinition = {
  name: 'cassandra',
  version: VERSION,
  async prepare(context) {
    const service = `Cassandra ${VERSION}`;
    // From 24 on the JVM refuses the security manager that Cassandra installs (JEP 486).
    const java = await context.java({ service, from: 17, before: 24 });
    const jars = await context.jars(POM);
    await writeConfiguration(context);
    const conf = (file: string) => pathToFileURL(join(context.dataDir, 'conf', file)).href;
    const tmp = join(context.dataDir, 'tmp');
    return {
      file: java,
      args: [
        `-javaagent:${agentOf(jars)}`,
        ...JVM,
        ...QUICK_START,
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
    };
  },
  probe,
};

/** A node that is alone waits for no other, neither when it starts nor when it leaves. */
const QUICK_START = [
  '-Dcassandra.skip_wait_for_gossip_to_settle=0',
  '-Dcassandra.ring_delay_ms=100',
  '-Dcassandra.superuser_setup_delay_ms=100',
  '-Dcassandra.shutdown_announce_in_ms=0',
];

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

async function writeConfiguration({ dataDir, port, freePort }: ServiceContext): Promise<void> {
  const storagePort = await freePort();
  const inside = (folder: string) => join(dataDir, folder);
  const settings = {
    cluster_name: 'local-stack',
    num_tokens: 16,
    partitioner: 'org.apache.cassandra.dht.Murmur3Partitioner',
    endpoint_snitch: 'SimpleSnitch',
    listen_address: '127.0.0.1',
    rpc_address: '127.0.0.1',
    storage_port: storagePort,
    native_transport_port: port,
    seed_provider: [
      {
        class_name: 'org.apache.cassandra.locator.SimpleSeedProvider',
        parameters: [{ seeds: `127.0.0.1:${storagePort}` }],
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
  await mkdir(inside('conf'), { recursive: true });
  await mkdir(inside('tmp'), { recursive: true });
  // JSON is YAML, with every path quoted.
  await writeFile(join(dataDir, 'conf', 'cassandra.yaml'), `${JSON.stringify(settings, null, 2)}\n`);
  await writeFile(join(dataDir, 'conf', 'logback.xml'), LOGBACK);
}

const LOGBACK = `<configuration>
  <appender name="STDOUT" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level [%thread] %logger{20} - %msg%n</pattern></encoder>
  </appender>
  <root level="INFO"><appender-ref ref="STDOUT"/></root>
</configuration>
`;

/** An answered query. */
async function probe(port: number): Promise<void> {
  const session = await CassandraSession.connect({
    contactPoints: ['127.0.0.1'],
    port,
    localDataCenter: LOCAL_DATA_CENTER,
  });
  try {
    await session.query('SELECT release_version FROM system.local');
  } finally {
    await session.close();
  }
}
