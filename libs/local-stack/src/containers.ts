import { setTimeout as delay } from 'node:timers/promises';
import type { GenericContainer, StartedNetwork, StartedTestContainer } from 'testcontainers';
import { CASSANDRA_VERSION, cassandraProbe, LOCAL_DATA_CENTER } from './cassandra.ts';
import type { StackEndpoints } from './endpoints.ts';
import { LocalStackError } from './errors.ts';
import { brokerProbe, KAFKA_VERSION } from './kafka.ts';
import { freePort, LOCALHOST } from './ports.ts';
import { registryProbe } from './schema-registry.ts';

/** Services that there are images of. */
export type ContainerService = 'kafka' | 'cassandra' | 'schema-registry';

export interface ContainerOptions {
  /** `schema-registry` needs `kafka`, where it keeps its schemas. */
  readonly services: readonly ContainerService[];
  /** How long a service may take until it is ready, ms, pulling its image apart. Default 180,000. */
  readonly startTimeoutMs?: number;
  /** Hears one line per event. */
  readonly onProgress?: (message: string) => void;
}

export interface ContainerStack {
  readonly endpoints: StackEndpoints;
  /** Removes the containers and what they have stored. */
  stop(): Promise<void>;
}

const images = {
  kafka: `apache/kafka:${KAFKA_VERSION}`,
  cassandra: `cassandra:${CASSANDRA_VERSION}`,
  'schema-registry': 'confluentinc/cp-schema-registry:7.9.2',
} as const;

/** Within the network of the containers. */
const KAFKA_INSIDE = 'kafka:19092';

/** Whether a container engine answers, as testcontainers finds it: DOCKER_HOST, the usual sockets. */
export async function containerEngineAnswers(): Promise<boolean> {
  const { getContainerRuntimeClient } = await loadTestcontainers();
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
}

/**
 * Starts services as containers from their official images, by testcontainers, and resolves when each has been used once, as
 * `startStack` does for processes. Nothing is kept. Their ports are open on every address of this machine.
 *
 * @throws LocalStackError `environment-missing` without testcontainers, `start-timeout`; what the engine answers
 */
export async function startContainers(options: ContainerOptions): Promise<ContainerStack> {
  const { GenericContainer, Network } = await loadTestcontainers();
  const { services, startTimeoutMs = 180_000, onProgress = () => undefined } = options;
  const network = await new Network().start();
  const started: StartedTestContainer[] = [];
  const endpoints: { -readonly [Name in keyof StackEndpoints]: StackEndpoints[Name] } = {};
  const taken = new Set<number>();
  const start = async (service: ContainerService) => {
    const port = await freePort(taken);
    taken.add(port);
    onProgress(`${images[service]}: starting on port ${port}`);
    const container = define[service](new GenericContainer(images[service]), port);
    started.push(await onNetwork(container, service, network).withStartupTimeout(startTimeoutMs).start());
    await untilReady(service, (signal) => probes[service](port, signal), startTimeoutMs);
    onProgress(`${images[service]}: ready`);
    Object.assign(endpoints, endpointOf[service](port));
  };
  const stop = async () => {
    await Promise.all(started.map((container) => container.stop({ removeVolumes: true })));
    await network.stop();
  };
  try {
    const [registry, others] = [services.includes('schema-registry'), services.filter(isFirst)];
    const starting = await Promise.allSettled(others.map(start));
    for (const outcome of starting) if (outcome.status === 'rejected') throw outcome.reason;
    if (registry) await start('schema-registry');
    return { endpoints, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const isFirst = (service: ContainerService) => service !== 'schema-registry';

const define: Readonly<
  Record<ContainerService, (image: GenericContainer, port: number) => GenericContainer>
> = {
  // The broker tells clients its address: the port has to be known before.
  kafka: (image, port) =>
    image.withExposedPorts({ container: 9092, host: port }).withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENERS: 'PLAINTEXT://0.0.0.0:9092,INSIDE://0.0.0.0:19092,CONTROLLER://localhost:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://${LOCALHOST}:${port},INSIDE://${KAFKA_INSIDE}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'INSIDE',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '5',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_TRANSACTION_STATE_LOG_NUM_PARTITIONS: '5',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_LOG_CLEANER_DEDUPE_BUFFER_SIZE: '16777216',
      KAFKA_HEAP_OPTS: '-Xms256m -Xmx512m',
    }),
  cassandra: (image, port) =>
    image.withExposedPorts({ container: 9042, host: port }).withEnvironment({
      CASSANDRA_CLUSTER_NAME: 'local-stack',
      MAX_HEAP_SIZE: '512M',
      HEAP_NEWSIZE: '128M',
      JVM_EXTRA_OPTS: '-Dcassandra.skip_wait_for_gossip_to_settle=0 -Dcassandra.ring_delay_ms=100',
    }),
  'schema-registry': (image, port) =>
    image.withExposedPorts({ container: 8081, host: port }).withEnvironment({
      SCHEMA_REGISTRY_HOST_NAME: 'schema-registry',
      SCHEMA_REGISTRY_LISTENERS: 'http://0.0.0.0:8081',
      SCHEMA_REGISTRY_KAFKASTORE_BOOTSTRAP_SERVERS: `PLAINTEXT://${KAFKA_INSIDE}`,
      SCHEMA_REGISTRY_HEAP_OPTS: '-Xms64m -Xmx256m',
    }),
};

const probes: Readonly<Record<ContainerService, (port: number, signal: AbortSignal) => Promise<void>>> = {
  kafka: (port, signal) => brokerProbe(0, port, signal),
  cassandra: (port) => cassandraProbe(LOCALHOST, port),
  // Confluent's own registry has its API at the root.
  'schema-registry': (port, signal) => registryProbe(`http://${LOCALHOST}:${port}`, signal),
};

const endpointOf: Readonly<Record<ContainerService, (port: number) => StackEndpoints>> = {
  kafka: (port) => ({ kafka: { brokers: [`${LOCALHOST}:${port}`] } }),
  cassandra: (port) => ({
    cassandra: { contactPoints: [LOCALHOST], port, localDataCenter: LOCAL_DATA_CENTER },
  }),
  'schema-registry': (port) => ({ schemaRegistry: { url: `http://${LOCALHOST}:${port}` } }),
};

function onNetwork(
  container: GenericContainer,
  service: ContainerService,
  network: StartedNetwork,
): GenericContainer {
  return container.withNetwork(network).withNetworkAliases(service);
}

/** A port that is listened on says little: the service has to do something. */
async function untilReady(
  service: ContainerService,
  probe: (signal: AbortSignal) => Promise<void>,
  timeoutMs: number,
): Promise<void> {
  const signal = AbortSignal.timeout(timeoutMs);
  let last: unknown;
  while (!signal.aborted) {
    try {
      await probe(signal);
      return;
    } catch (error) {
      last = error;
      await delay(250);
    }
  }
  const seconds = Math.round(timeoutMs / 1000);
  throw new LocalStackError('start-timeout', `${images[service]} was not ready within ${seconds} s`, {
    cause: last,
  });
}

/** Loaded only where it is used: it is large, and processes do without it. */
async function loadTestcontainers() {
  try {
    return await import('testcontainers');
  } catch (cause) {
    throw new LocalStackError(
      'environment-missing',
      'containers need the package testcontainers: install it beside this one',
      { cause },
    );
  }
}
