export { checkTable, type TableCheck, type TableProblem, type TableProblemKind } from './check-table.ts';
export type { ColumnConversion } from './column-conversion.ts';
export { CassandraError, type CassandraErrorCode, WriteError, type WriteErrorKind } from './errors.ts';
export {
  type Difference,
  migrate,
  type MigrateOptions,
  type MigrationReport,
  type TableConversion,
} from './migrate.ts';
export { earliestWriteTimestamp, type Mutation, type MutationOutcome } from './mutation.ts';
export type { CassandraOptions, CassandraTls, Consistency, Logger, QueryOptions } from './options.ts';
export { requireWritable } from './require-writable.ts';
export { CassandraSession, type NodeState } from './session.ts';
export {
  type RowImage,
  type ScanOptions,
  type StoredKey,
  type StoredRow,
  StoredRows,
  type TokenWindow,
} from './stored-rows.ts';
export {
  type ColumnDefinition,
  type TableDefinition,
  tableFromSchema,
  type TableName,
} from './table-definition.ts';
export { type RowsOptions, TableRepository } from './table-repository.ts';
export { type PreparedMutation, TableWriter, type TableWriterOptions } from './table-writer.ts';
