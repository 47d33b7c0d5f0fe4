/** By error and code: the settings that a library, which knows only its options, cannot name. */
const settings: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  KafkaError: {
    'authentication-failed': 'KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_* and KAFKA_SSL_*',
  },
  CassandraError: {
    'authentication-failed': 'CASSANDRA_USERNAME and CASSANDRA_PASSWORD',
    'unknown-data-center': 'CASSANDRA_LOCAL_DATACENTER',
    'certificate-refused': 'CASSANDRA_TLS_*',
    'tls-mismatch': 'CASSANDRA_TLS_*',
  },
  PipelineError: { 'nothing-settled': 'KAFKA_GROUP_ID' },
};

/** The message of an error with the settings that it is about, and for a fault in the program its stack as well. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error)) return error.stack ?? error.message;
  const about = settings[error.name]?.[String(error.code)];
  return about === undefined ? error.message : `${error.message} (settings: ${about})`;
}
