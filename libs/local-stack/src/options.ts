import type { AirflowSetup } from './airflow.ts';
import type { CassandraSetup } from './cassandra.ts';
import type { KafkaSetup } from './kafka.ts';
import type { SecuritySetup } from './security.ts';
import type { ServiceDefinition } from './service.ts';
import type { SparkSetup } from './spark.ts';

/** Services that this library knows how to run. */
export type BuiltInService = 'kafka' | 'cassandra' | 'schema-registry' | 'spark' | 'airflow';

export interface StackOptions {
  /** What to start: built-in services by name, others by their definition. */
  readonly services: readonly (BuiltInService | ServiceDefinition)[];
  /** How the built-in `kafka` is set up. Default: one node. */
  readonly kafka?: KafkaSetup;
  /** How the built-in `cassandra` is set up. Default: one node. */
  readonly cassandra?: CassandraSetup;
  /**
   * Kafka and Cassandra with TLS, passwords and rights: see the README. The other services stay as they are. Default: none of it.
   * Fixed for the data of a folder.
   */
  readonly security?: true | SecuritySetup;
  /** How the built-in `spark` is set up; it needs an environment. */
  readonly spark?: SparkSetup;
  /** How the built-in `airflow` is set up; it needs an environment and a folder of DAGs. */
  readonly airflow?: AirflowSetup;
  /**
   * Port per service name. A service without one gets a free port. In a cluster each node is a service, with the
   * name `kafka-1` and so on; the nodes of Cassandra all have the port of `cassandra-1`. `spark` consists of `spark-master`
   * and `spark-worker` (the port of its web page), `airflow` of `airflow-api-server` and others, see the README.
   */
  readonly ports?: Readonly<Partial<Record<string, number>>>;
  /**
   * Folder of data, logs and the state file. Data in it is kept: a later start on the same folder,
   * on whatever ports, goes on with it. One stack at a time uses a folder.
   */
  readonly dataDir: string;
  /** Folder per service name, for one that is to be on another disk. Default: `<dataDir>/<name>`. */
  readonly dataDirs?: Readonly<Partial<Record<string, string>>>;
  /** Folder of the jars, shared by all stacks of a user. Default: `~/.cache/sluice`. */
  readonly cacheDir?: string;
  /** Folder of the JDK, as in JAVA_HOME. Default: the `java` on the PATH. */
  readonly javaHome?: string;
  /**
   * True leaves the services running when this process ends; `stopStack` stops them.
   * Default false: they end with this process, even when it is killed.
   */
  readonly detached?: boolean;
  /** How long a service may take until it is ready, in ms, downloads apart. Default 120,000; raise it on a slow machine. */
  readonly startTimeoutMs?: number;
  /** Hears one line per event of the start and the stop. */
  readonly onProgress?: (message: string) => void;
  /** Aborting gives up the start and stops what was started; it has no effect once the stack is up. */
  readonly signal?: AbortSignal;
}
