// Requests to the console's own server, typed by its contract. The session's cookie goes along by itself; a header that
// another site's page cannot send shows that a request comes from this one.
import type { RequestOf, ResponseOf, RouteName } from '../../../src/contract/routes.ts';

/** What the server answers where something went wrong: what happened, and what to do. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly action: string | undefined;

  constructor(status: number, code: string, message: string, action?: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.action = action;
  }
}

/** The parts of a request that its route takes. */
type RequestParts<Name extends RouteName> = {
  readonly [
    Part in keyof RequestOf<Name> as RequestOf<Name>[Part] extends undefined ? never : Part
  ]: RequestOf<Name>[Part];
};

type Values = Readonly<Record<string, string | number | boolean | undefined>>;

interface AnyParts {
  readonly params?: Values;
  readonly query?: Values;
  readonly body?: unknown;
}

/** Long enough for a look at a big topic; the server's own limits are shorter. */
const TIMEOUT = 60_000;

/**
 * Calls a route of the server.
 *
 * @throws {ApiError} with the server's code and advice, or `server-unreachable`
 */
export async function call<Name extends RouteName>(
  route: Name,
  parts: RequestParts<Name>,
  signal?: AbortSignal,
): Promise<ResponseOf<Name>> {
  const { params = {}, query = {}, body } = parts as AnyParts;
  const [method = 'GET', pattern = ''] = route.split(' ');
  const limit = AbortSignal.timeout(TIMEOUT);
  let response: Response;
  try {
    response = await fetch(addressOf(pattern, params, query), {
      method,
      headers: {
        accept: 'application/json',
        'x-sluice-console': '1',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(
      0,
      'server-unreachable',
      'The console’s server does not answer.',
      'See that the console runs; this page goes on by itself as soon as it does.',
      { cause },
    );
  }
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as ResponseOf<Name>;
}

/** The address of a route: its parameters filled in, and those of the query that have a value. */
export function addressOf(pattern: string, params: Values = {}, query: Values = {}): string {
  const path = pattern.replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined && value !== '') search.set(name, String(value));
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = problemOf(body);
  return new ApiError(
    response.status,
    problem?.code ?? 'unexpected-answer',
    problem?.message ?? `The console’s server answered ${response.status}.`,
    problem?.action,
  );
}

function problemOf(body: unknown): { code: string; message: string; action?: string } | undefined {
  if (typeof body !== 'object' || body === null || !('error' in body)) return undefined;
  const { error } = body;
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return {
    code: 'code' in error ? String(error.code) : 'unexpected-answer',
    message: String(error.message),
    ...('action' in error ? { action: String(error.action) } : {}),
  };
}
