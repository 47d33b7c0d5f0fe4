import { airflowNodes } from './airflow.ts';
import { cassandraNodes } from './cassandra.ts';
import { LocalStackError } from './errors.ts';
import { kafkaNodes } from './kafka.ts';
import type { BuiltInService, StackOptions } from './options.ts';
import { schemaRegistry } from './schema-registry.ts';
import type { NodeDefinition } from './service.ts';
import { sparkNodes } from './spark.ts';

const BUILT_IN: Readonly<Record<BuiltInService, (options: StackOptions) => readonly NodeDefinition[]>> = {
  kafka: ({ kafka }) => kafkaNodes(kafka),
  cassandra: ({ cassandra }) => cassandraNodes(cassandra),
  'schema-registry': () => [schemaRegistry],
  spark: ({ spark }) => sparkNodes(spark),
  airflow: ({ airflow }) => airflowNodes(airflow),
};

/** The processes that a stack consists of. */
export function definitionsOf(options: StackOptions): readonly NodeDefinition[] {
  return options.services.flatMap((service) => {
    if (typeof service !== 'string') return [service];
    if (!Object.hasOwn(BUILT_IN, service)) {
      throw new LocalStackError(
        'unknown-service',
        `there is no built-in service ${service}: there are ${Object.keys(BUILT_IN).join(', ')}`,
      );
    }
    return BUILT_IN[service](options);
  });
}
