export { CassandraError, type CassandraErrorCode } from './errors.ts';
export type { CassandraOptions, CassandraTls, Consistency, Logger, QueryOptions } from './options.ts';
export { CassandraSession } from './session.ts';
