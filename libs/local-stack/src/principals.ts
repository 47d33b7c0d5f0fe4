// The numbers of Kafka's protocol.
const resources = { topic: 2, group: 3, cluster: 4, 'transactional-id': 5 } as const;
const patterns = { literal: 3, prefixed: 4 } as const;
const operations = {
  all: 2,
  read: 3,
  write: 4,
  create: 5,
  delete: 6,
  alter: 7,
  describe: 8,
  'describe-configs': 10,
  'alter-configs': 11,
  'idempotent-write': 12,
} as const;
const allow = 3;

/** Lets a principal do something, from every host: see "Authorization and ACLs" in Kafka's documentation. */
export interface AclBinding {
  /** As the brokers name it: `User:writer`. */
  readonly principal: string;
  readonly resource: keyof typeof resources;
  /** `kafka-cluster` for the cluster, `*` for every resource of the kind. */
  readonly name: string;
  /** Whether the name is that of one resource or what its names begin with. Default `literal`. */
  readonly pattern?: keyof typeof patterns;
  readonly operation: keyof typeof operations;
}

/** An {@link AclBinding} as the protocol numbers it. */
export function aclNumbers({ resource, pattern = 'literal', operation }: AclBinding) {
  return {
    resource: resources[resource],
    pattern: patterns[pattern],
    operation: operations[operation],
    allow,
  };
}

/** Operations that a principal may carry out on one resource of Kafka, or on all whose names begin alike. */
export interface KafkaRight extends Pick<AclBinding, 'resource' | 'name' | 'pattern'> {
  readonly operations: readonly AclBinding['operation'][];
}

/** What a role may do in Cassandra. */
export interface CqlGrant {
  readonly permission: 'CREATE' | 'ALTER' | 'SELECT' | 'MODIFY';
  /** As GRANT takes it: `TABLE "keyspace"."table"`, `ALL KEYSPACES`. */
  readonly on: string;
  /** Whether the resource is there only after `migrate`: a grant on what is not there is an error. */
  readonly afterMigrate: boolean;
}

/** Who uses the servers, and what it needs: no more than this is given. */
export interface Principal {
  /** User of Kafka and role of Cassandra. */
  readonly name: string;
  readonly purpose: string;
  readonly kafka: readonly KafkaRight[];
  readonly cassandra: readonly CqlGrant[];
}

/** What the principals work on. The defaults are those of the apps. */
export interface PrincipalNames {
  /** Default `user_records`. */
  readonly topic?: string;
  /** Default: the topic's name with `.dlq` behind it. */
  readonly deadLetters?: string;
  /** Default `stream-writer`. */
  readonly writerGroup?: string;
  /** Default `spark-writer`. */
  readonly sparkGroup?: string;
  /** Default `worldwide_users`. */
  readonly keyspace?: string;
  /** Default `user_records`. */
  readonly table?: string;
}

/** The name by which ACLs know the cluster. */
const CLUSTER = 'kafka-cluster';

/**
 * The principals of the pipeline. What Kafka implies is left out: read, write, delete and alter include describe, and who may write
 * to a topic may do so idempotently (KIP-679).
 */
export function pipelinePrincipals(names: PrincipalNames = {}): readonly Principal[] {
  const { topic = 'user_records', deadLetters = `${topic}.dlq` } = names;
  const { writerGroup = 'stream-writer', sparkGroup = 'spark-writer' } = names;
  const { keyspace = 'worldwide_users', table = 'user_records' } = names;
  const onTable = (...permissions: CqlGrant['permission'][]) =>
    permissions.map((permission) => ({
      permission,
      on: `TABLE "${keyspace}"."${table}"`,
      afterMigrate: true,
    }));
  // A writer keeps its batches below the server's thresholds.
  const settings: CqlGrant = { permission: 'SELECT', on: 'TABLE system_views.settings', afterMigrate: false };
  return [
    {
      name: 'producer',
      purpose: 'publishes users, and dead letters of what the source sent',
      kafka: [right('topic', topic, 'write'), right('topic', deadLetters, 'write')],
      cassandra: [],
    },
    {
      name: 'writer',
      purpose: 'writes the topic into the table',
      kafka: [
        right('topic', topic, 'read'),
        right('topic', deadLetters, 'write'),
        right('group', writerGroup, 'read'),
      ],
      cassandra: [...onTable('SELECT', 'MODIFY'), settings],
    },
    {
      name: 'migrate',
      purpose: 'creates topics, keyspace and table; nobody else may',
      kafka: [
        right('topic', topic, 'create', 'describe', 'describe-configs'),
        right('topic', deadLetters, 'create', 'describe', 'describe-configs'),
      ],
      // Whoever creates a keyspace has every right on it.
      cassandra: [{ permission: 'CREATE', on: 'ALL KEYSPACES', afterMigrate: false }],
    },
    {
      name: 'audit',
      purpose: "compares the table with the topic; repairs are the writer's",
      kafka: [
        right('topic', topic, 'read'),
        right('topic', deadLetters, 'read'),
        right('group', writerGroup, 'describe'),
        right('group', sparkGroup, 'describe'),
      ],
      cassandra: onTable('SELECT'),
    },
    {
      name: 'redrive',
      purpose: 'sends dead letters back to the topic',
      kafka: [
        right('topic', topic, 'write'),
        right('topic', deadLetters, 'read'),
        // Its progress is kept in groups named after the writer's.
        { ...right('group', `${writerGroup}-redrive-`, 'read'), pattern: 'prefixed' },
      ],
      cassandra: onTable('SELECT'),
    },
    {
      name: 'spark',
      purpose: 'the Spark job: a writer that makes up further groups',
      kafka: [
        right('topic', topic, 'read'),
        right('topic', deadLetters, 'write'),
        right('group', sparkGroup, 'read'),
        { ...right('group', 'spark-kafka-', 'read'), pattern: 'prefixed' },
      ],
      cassandra: [...onTable('SELECT', 'MODIFY'), settings],
    },
    {
      name: 'console',
      purpose: 'shows the pipeline, sends dead letters back, and moves groups',
      kafka: [
        right('topic', topic, 'read', 'write', 'describe-configs'),
        right('topic', deadLetters, 'read', 'describe-configs'),
        right('group', '*', 'describe'),
        // To commit: where an operator moves the group, and how far a redrive has come.
        right('group', writerGroup, 'read'),
        { ...right('group', `${writerGroup}-redrive-`, 'read'), pattern: 'prefixed' },
        right('cluster', CLUSTER, 'describe'),
      ],
      cassandra: [...onTable('SELECT'), settings],
    },
  ];
}

function right(
  resource: KafkaRight['resource'],
  name: string,
  ...operations: KafkaRight['operations']
): KafkaRight {
  return { resource, name, operations };
}

/** The rights of principals as Kafka keeps them: one binding per operation. */
export function aclBindings(principals: readonly Pick<Principal, 'name' | 'kafka'>[]): readonly AclBinding[] {
  return principals.flatMap(({ name: user, kafka }) =>
    kafka.flatMap(({ operations, ...resource }) =>
      operations.map((operation) => ({ principal: `User:${user}`, ...resource, operation })),
    ),
  );
}

/** The CQL that gives roles their rights, before or after `migrate` has made what they are on. */
export function grantStatements(
  principals: readonly Pick<Principal, 'name' | 'cassandra'>[],
  { afterMigrate }: { readonly afterMigrate: boolean },
): readonly string[] {
  return principals.flatMap(({ name, cassandra }) =>
    cassandra
      .filter((grant) => grant.afterMigrate === afterMigrate)
      .map(({ permission, on }) => `GRANT ${permission} ON ${on} TO "${name}"`),
  );
}
