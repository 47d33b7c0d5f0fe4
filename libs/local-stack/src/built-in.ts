import { airflowNodes } from './airflow.ts';
import { cassandraNodes } from './cassandra.ts';
import { LocalStackError } from './errors.ts';
import { kafkaNodes } from './kafka.ts';
import { zookeeperKafkaNodes } from './kafka-zookeeper.ts';
import type { BuiltInService, StackOptions } from './options.ts';
import { schemaRegistry } from './schema-registry.ts';
import { stackSecurity, type StackSecurity } from './security.ts';
import type { NodeDefinition } from './service.ts';
import { sparkNodes } from './spark.ts';

const BUILT_IN: Readonly<
  Record<BuiltInService, (options: StackOptions, security?: StackSecurity) => readonly NodeDefinition[]>
> = {
  kafka: ({ kafka }, security) => {
    if (!kafka?.zookeeper) return kafkaNodes(kafka, security);
    if (!security) return zookeeperKafkaNodes(kafka);
    throw new LocalStackError(
      'unsupported',
      'security needs a Kafka without ZooKeeper: leave one of them out',
    );
  },
  cassandra: ({ cassandra }, security) => cassandraNodes(cassandra, security),
  'schema-registry': () => [schemaRegistry],
  spark: ({ spark }) => sparkNodes(spark),
  airflow: ({ airflow }) => airflowNodes(airflow),
};

/** The processes that a stack consists of. */
export function definitionsOf(options: StackOptions): readonly NodeDefinition[] {
  const security = options.security && stackSecurity(options.security);
  return options.services.flatMap((service) => {
    if (typeof service !== 'string') return [service];
    if (!Object.hasOwn(BUILT_IN, service)) {
      throw new LocalStackError(
        'unknown-service',
        `there is no built-in service ${service}: there are ${Object.keys(BUILT_IN).join(', ')}`,
      );
    }
    return BUILT_IN[service](options, security);
  });
}
