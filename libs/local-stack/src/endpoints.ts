import { LOCAL_DATA_CENTER } from './cassandra.ts';
import { nodesOf } from './nodes.ts';
import type { ServiceRecord } from './state.ts';

export interface KafkaEndpoint {
  readonly brokers: readonly string[];
}

export interface CassandraEndpoint {
  readonly contactPoints: readonly string[];
  readonly port: number;
  readonly localDataCenter: string;
}

export interface SchemaRegistryEndpoint {
  /** Without a path: the Confluent Schema Registry API is under `/apis/ccompat/v7`. */
  readonly url: string;
}

/** How to reach the built-in services of a stack; those it has. */
export interface StackEndpoints {
  readonly kafka?: KafkaEndpoint;
  readonly cassandra?: CassandraEndpoint;
  readonly schemaRegistry?: SchemaRegistryEndpoint;
}

export function endpointsOf(services: readonly ServiceRecord[]): StackEndpoints {
  const brokers = nodesOf('kafka', services);
  const cassandra = nodesOf('cassandra', services);
  const [cassandraNode] = cassandra;
  const [registry] = nodesOf('schema-registry', services);
  return {
    ...(brokers.length > 0 && { kafka: { brokers: brokers.map(({ host, port }) => `${host}:${port}`) } }),
    ...(cassandraNode && {
      cassandra: {
        contactPoints: cassandra.map(({ host }) => host),
        port: cassandraNode.port,
        localDataCenter: LOCAL_DATA_CENTER,
      },
    }),
    ...(registry && { schemaRegistry: { url: `http://${registry.host}:${registry.port}` } }),
  };
}
