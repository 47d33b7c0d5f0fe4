import type { StackEndpoints } from '@sluice/local-stack';

/** The services that test suites share. */
export type StackService = 'kafka' | 'cassandra' | 'schema-registry';

/** The environment from which tests take their services. */
export function stackEnvironment({ kafka, cassandra, schemaRegistry }: StackEndpoints) {
  return {
    ...(kafka && { KAFKA_BROKERS: kafka.brokers.join(',') }),
    ...(cassandra && {
      CASSANDRA_CONTACT_POINTS: cassandra.contactPoints.join(','),
      CASSANDRA_PORT: String(cassandra.port),
      CASSANDRA_LOCAL_DATACENTER: cassandra.localDataCenter,
    }),
    ...(schemaRegistry && { SCHEMA_REGISTRY_URL: schemaRegistry.url }),
  };
}
