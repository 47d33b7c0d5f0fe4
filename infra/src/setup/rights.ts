import {
  type KafkaRight,
  pipelinePrincipals,
  type Principal,
  type PrincipalNames,
} from '@sluice/local-stack';

/** Of Airflow, whose tasks are the producer, the Spark job and the audit. */
const AIRFLOW = 'airflow';
const AIRFLOW_RUNS = ['producer', 'spark', 'audit'];

/** The users of compose.yaml, each with a password in Kafka, in the registry and, where it has rights there, in Cassandra. */
export function users(names: PrincipalNames = {}): readonly Principal[] {
  const pipeline = pipelinePrincipals(names);
  const tasks = pipeline.filter(({ name }) => AIRFLOW_RUNS.includes(name));
  return [
    ...pipeline,
    {
      name: AIRFLOW,
      purpose: 'runs the tasks of the DAGs',
      kafka: tasks.flatMap(({ kafka }) => kafka),
      cassandra: tasks.flatMap(({ cassandra }) => cassandra),
    },
  ];
}

/** What Kafka's clients that show a certificate may do; the name is the certificate's. */
export const CERTIFICATE_CLIENTS: readonly Pick<Principal, 'name' | 'kafka'>[] = [
  {
    name: 'registry',
    kafka: [
      right('topic', '_schemas', 'create', 'read', 'write', 'describe-configs'),
      right('group', 'schema-registry', 'read'),
      right('cluster', 'kafka-cluster', 'describe'),
    ],
  },
  {
    // It reads and measures everything, and keeps what it finds in topics of its own.
    name: 'control-center',
    kafka: [
      right('topic', '*', 'read', 'describe-configs'),
      { ...right('topic', '_confluent', 'all'), pattern: 'prefixed' },
      right('group', '*', 'read'),
      right('cluster', 'kafka-cluster', 'create', 'describe', 'describe-configs'),
    ],
  },
];

function right(
  resource: KafkaRight['resource'],
  name: string,
  ...operations: KafkaRight['operations']
): KafkaRight {
  return { resource, name, operations };
}
