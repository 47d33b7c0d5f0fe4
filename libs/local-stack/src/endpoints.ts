import { ADMIN, AIRFLOW_API, RUNNER } from './airflow.ts';
import { LOCAL_DATA_CENTER } from './cassandra.ts';
import { nodesOf } from './nodes.ts';
import { SPARK_MASTER } from './spark.ts';
import { SECURITY_ADMIN } from './stack-secrets.ts';
import type { ServiceRecord } from './state.ts';

export interface KafkaEndpoint {
  /** With security these speak SASL_SSL: SCRAM-SHA-512, PLAIN and OAUTHBEARER. */
  readonly brokers: readonly string[];
  /** With security: the same brokers for clients that show a certificate (SSL). */
  readonly mutualTlsBrokers?: readonly string[];
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

/** What clients of a stack with security need; see `readCredentials` and `issueToken`. */
export interface SecurityEndpoint {
  /**
   * Folder of its owner's alone: `ca.pem`, the authority of the servers' certificates, and for each principal `NAME.password`,
   * `NAME.pem` (its certificate) and `NAME-key.pem`.
   */
  readonly folder: string;
  /** Super user of Kafka and Cassandra, for set-up; it has such files, too. */
  readonly admin: string;
}

export interface SparkEndpoint {
  /** For `--master`: `spark://host:port`. */
  readonly master: string;
  /** The master's web page. */
  readonly ui: string;
  /** For `--properties-file`: a file of its owner's alone, with the secret without which the master refuses a driver. */
  readonly propertiesFile: string;
}

export interface AirflowEndpoint {
  /** Of the web page and the REST API. */
  readonly url: string;
  readonly username: string;
  /** Another user: one who may list DAGs and start runs, and administers nothing. */
  readonly runner: string;
  /** JSON file of the owner's alone: user name to password. */
  readonly passwordFile: string;
  /** AIRFLOW_HOME, with which the command line of Airflow works on this one. */
  readonly home: string;
}

/** How to reach the built-in services of a stack; those it has. */
export interface StackEndpoints {
  readonly kafka?: KafkaEndpoint;
  readonly cassandra?: CassandraEndpoint;
  readonly schemaRegistry?: SchemaRegistryEndpoint;
  readonly spark?: SparkEndpoint;
  readonly airflow?: AirflowEndpoint;
  /** Where the stack was started with security. */
  readonly security?: SecurityEndpoint;
}

export function endpointsOf(services: readonly ServiceRecord[]): StackEndpoints {
  const brokers = nodesOf('kafka', services);
  const cassandra = nodesOf('cassandra', services);
  const [cassandraNode] = cassandra;
  const [registry] = nodesOf('schema-registry', services);
  const secretsFolder = services.find(({ details }) => details?.secrets)?.details?.secrets;
  const spark = services.find(({ name }) => name === SPARK_MASTER);
  const airflow = services.find(({ name }) => name === AIRFLOW_API);
  return {
    ...(brokers.length > 0 && { kafka: kafkaEndpoint(brokers) }),
    ...(cassandraNode && {
      cassandra: {
        contactPoints: cassandra.map(({ host }) => host),
        port: cassandraNode.port,
        localDataCenter: LOCAL_DATA_CENTER,
      },
    }),
    ...(registry && { schemaRegistry: { url: `http://${registry.host}:${registry.port}` } }),
    ...(secretsFolder && { security: { folder: secretsFolder, admin: SECURITY_ADMIN } }),
    ...(spark && {
      spark: {
        master: `spark://${spark.host}:${spark.port}`,
        ui: spark.details?.ui ?? '',
        propertiesFile: spark.details?.propertiesFile ?? '',
      },
    }),
    ...(airflow && {
      airflow: {
        url: `http://${airflow.host}:${airflow.port}`,
        username: ADMIN,
        runner: RUNNER,
        passwordFile: airflow.details?.passwordFile ?? '',
        home: airflow.details?.home ?? '',
      },
    }),
  };
}

function kafkaEndpoint(brokers: readonly ServiceRecord[]): KafkaEndpoint {
  const mutualTlsBrokers = brokers.flatMap(({ host, details }) =>
    details?.mutualTlsPort ? [`${host}:${details.mutualTlsPort}`] : [],
  );
  return {
    brokers: brokers.map(({ host, port }) => `${host}:${port}`),
    ...(mutualTlsBrokers.length > 0 && { mutualTlsBrokers }),
  };
}
