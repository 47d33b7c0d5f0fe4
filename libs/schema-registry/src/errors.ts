/**
 * Stable codes of {@link RegistryError}:
 *
 * | code | meaning |
 * |---|---|
 * | `unreachable` | no connection, or it broke before the answer was complete |
 * | `timeout` | no complete answer within `timeoutMs` |
 * | `server-error` | 408, 425, 429 or 5xx |
 * | `untrusted` | the certificate of the registry is not trusted, or is of another host |
 * | `unauthorized`, `forbidden` | 401: the credentials are missing or wrong; 403: they lack a right |
 * | `subject-not-found`, `version-not-found`, `schema-not-found` | 40401, 40402, 40403 |
 * | `incompatible` | 409: earlier versions of the subject forbid the schema; the message has the registry's reasons |
 * | `invalid-schema` | 42201: no schema, or one with references that the registry does not have |
 * | `not-avro` | the schema is JSON Schema or Protobuf |
 * | `reference-cycle` | schemas that refer to each other in a circle |
 * | `refused` | any other 4xx |
 * | `bad-answer` | not the answer of a schema registry: HTML of a proxy, another server, a wrong path |
 * | `bad-magic`, `short-frame`, `bad-id` | see {@link FramingError} |
 * | `bad-options` | the client was given something that cannot work |
 * | `closed` | the client was closed |
 */
export type RegistryErrorCode =
  | 'unreachable'
  | 'timeout'
  | 'server-error'
  | 'untrusted'
  | 'unauthorized'
  | 'forbidden'
  | 'subject-not-found'
  | 'version-not-found'
  | 'schema-not-found'
  | 'incompatible'
  | 'invalid-schema'
  | 'not-avro'
  | 'reference-cycle'
  | 'refused'
  | 'bad-answer'
  | FramingErrorCode
  | 'bad-options'
  | 'closed';

/** A message is not in the wire format: not byte 0 first, or less than five bytes; or an id is none. */
export type FramingErrorCode = 'bad-magic' | 'short-frame' | 'bad-id';

const PASSING: ReadonlySet<RegistryErrorCode> = new Set(['unreachable', 'timeout', 'server-error']);

/** The base of every error of this library. No message holds credentials or bytes of a record. */
export class RegistryError extends Error {
  override readonly name: string = 'RegistryError';
  readonly code: RegistryErrorCode;
  /** Whether the same call may succeed later without anything being changed. */
  readonly retryable: boolean;
  /** The HTTP status, where an answer came. */
  readonly status: number | undefined;

  constructor(
    code: RegistryErrorCode,
    message: string,
    { status, cause }: { readonly status?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.retryable = PASSING.has(code);
    this.status = status;
  }
}

/** A value is not framed as the wire format says. Its code is a {@link FramingErrorCode}. */
export class FramingError extends RegistryError {
  override readonly name = 'FramingError';
  declare readonly code: FramingErrorCode;
}
