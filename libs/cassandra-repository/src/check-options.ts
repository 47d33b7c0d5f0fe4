import { CassandraError } from './errors.ts';
import type { CassandraOptions } from './options.ts';

/**
 * For callers without types, too.
 *
 * @throws CassandraError `bad-option`
 */
export function checkOptions({ contactPoints, localDataCenter }: CassandraOptions): void {
  const points: unknown = contactPoints;
  if (!Array.isArray(points) || points.length === 0 || !points.every((point) => typeof point === 'string'))
    throw badOption("contactPoints has to be a list with one host or more, as ['127.0.0.1']");
  if (typeof localDataCenter !== 'string' || localDataCenter === '')
    throw badOption(
      "localDataCenter is missing: the name of the data center to use; Cassandra's own default is datacenter1",
    );
}

function badOption(message: string): CassandraError {
  return new CassandraError('bad-option', message, { retryable: false });
}
