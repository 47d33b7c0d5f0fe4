/** Names of fields whose value never goes into a log. */
const SECRET =
  /pass(word|phrase|wd)|secret|token|authorization|credential|private_?-?key|api_?-?key|sasl|cookie/i;
/** Names that contain one of the words above and say nothing secret. */
const HARMLESS = /(policy|mechanism)$/i;
/** user:password@, or a token alone, in an address. It may hold an @ itself. */
const USER_IN_URL = /\/\/[^\s/?#"'<>]*@/g;
/** From the host of an address to its end. */
const REST_OF_URL = /\/\/[^\s"'<>]+/g;
/** A parameter of an address, or its fragment. */
const PARAMETER = /([?&;#])([^=&;#]*)(?:=([^&;#]*))?/g;

const REDACTED = '[redacted]';
/** Deeper than this is of no use in a log line, and a cycle ends here. */
const MAX_DEPTH = 6;

/**
 * A text whose addresses can be shown: of `scheme://user:password@host/path?key=value#fragment` user, password, the values of
 * parameters and the fragment are hidden. For every address that is shown or logged; it takes linear time.
 */
export function redactUrls(text: string): string {
  if (!text.includes('//')) return text;
  return text.replace(USER_IN_URL, `//${REDACTED}@`).replace(REST_OF_URL, redactParameters);
}

function redactParameters(url: string): string {
  const at = url.search(/[?#]/);
  if (at < 0) return url;
  return (
    url.slice(0, at) +
    url.slice(at).replace(PARAMETER, (_, mark: string, name: string, value: string | undefined) => {
      if (value === undefined) return name === '' ? mark : mark + REDACTED;
      return `${mark}${name}=${value === '' ? '' : REDACTED}`;
    })
  );
}

/**
 * A copy of the fields of a log line that is safe to write: secret-looking fields, secrets in addresses and
 * the content of buffers (keys, values, certificates) are hidden, errors are reduced to what explains them.
 */
export function redactFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    safe[name] = isSecret(name, value) ? REDACTED : redactValue(value, depth);
  }
  return safe;
}

function isSecret(name: string, value: unknown): boolean {
  return value !== undefined && value !== null && SECRET.test(name) && !HARMLESS.test(name);
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactUrls(value);
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return value;
  if (ArrayBuffer.isView(value)) return `[${value.byteLength.toString()} bytes]`;
  if (depth >= MAX_DEPTH) return '[…]';
  if (value instanceof Error) return redactError(value, depth + 1);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  return redactFields(value as Record<string, unknown>, depth + 1);
}

/** Only the known parts: client libraries hang queries, parameters and configuration on their errors. */
function redactError(error: Error, depth: number): Record<string, unknown> {
  const { code, retryable } = error as { code?: unknown; retryable?: unknown };
  return {
    type: error.name,
    message: redactUrls(error.message),
    ...(code !== undefined && { code }),
    ...(retryable !== undefined && { retryable }),
    ...(error.stack !== undefined && { stack: redactUrls(error.stack) }),
    ...(error.cause !== undefined && { cause: redactValue(error.cause, depth) }),
    ...(error instanceof AggregateError && { errors: redactValue(error.errors, depth) }),
  };
}
