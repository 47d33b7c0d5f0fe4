import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { isAllowedHost } from '@sluice/telemetry';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Compile } from 'typebox/compile';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { cookieOf, Guard } from './access/guard.ts';
import type { Sessions } from './access/sessions.ts';
import type { Tokens } from './access/tokens.ts';
import { ErrorBody } from './contract/common.ts';
import { type RouteName, routes } from './contract/routes.ts';
import type { Caller, Handler, Handlers } from './handlers.ts';
import { LiveStreams } from './live-streams.ts';
import { servePage } from './page-files.ts';
import { badRequest, ConsoleError, toConsoleError } from './problem.ts';
import { deadLetterRoutes } from './routes/dead-letters.ts';
import { groupRoutes } from './routes/groups.ts';
import { healthRoutes } from './routes/health.ts';
import { jobRoutes } from './routes/jobs.ts';
import { overviewRoutes } from './routes/overview.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { addLogin, addMetrics } from './routes/server-routes.ts';
import { taskRoutes } from './routes/tasks.ts';
import { topicRoutes } from './routes/topics.ts';
import { userRoutes } from './routes/users.ts';
import type { Services } from './services.ts';

export interface ServerOptions extends Services {
  readonly tokens: Tokens;
  readonly sessions: Sessions;
  /** The folder of the built page. */
  readonly page: string;
  /** Default: {@link connectionLimits}. */
  readonly connections?: ConnectionLimits;
}

/** What clients may hold, so that slow and silent ones neither last for ever nor keep others out. */
export interface ConnectionLimits {
  /** From the connection to the end of the first request's head, ms. */
  readonly headMs: number;
  /** To the end of a request's body, ms. */
  readonly requestMs: number;
  readonly count: number;
}

const connectionLimits: ConnectionLimits = { headMs: 10_000, requestMs: 30_000, count: 500 };

/** The routes of the login answer with cookies, and so are beside the others. */
type PlainRoute = Exclude<RouteName, 'GET /api/session' | 'POST /api/session' | 'DELETE /api/session'>;

/** Requests are small but for pasted schemas and long selections, bytes. */
const maxBodyBytes = 1024 * 1024;

/** The console's HTTP server, ready to listen. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { config, connections = connectionLimits } = options;
  const app = Fastify({
    // what is logged is decided below: addresses and bodies may name persons
    logger: false,
    bodyLimit: maxBodyBytes,
    routerOptions: { maxParamLength: 1_000 },
    forceCloseConnections: true,
    trustProxy: config.CONSOLE_TRUSTED_PROXIES.length > 0 ? [...config.CONSOLE_TRUSTED_PROXIES] : false,
    requestTimeout: connections.requestMs,
    http: { headersTimeout: connections.headMs, connectionsCheckingInterval: connections.headMs / 10 },
  });
  app.server.maxConnections = connections.count;
  app.setValidatorCompiler(({ schema, httpPart }) => validatorOf(schema as TSchema, httpPart === 'body'));
  app.decorateRequest('viewer');
  answerProblems(app, options);
  refuseOtherHosts(app, ownHosts(config));
  await app.register(helmet, {
    enableCSPNonces: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'"],
        'style-src': ["'self'"],
        'img-src': ["'self'", 'data:'],
        'font-src': ["'self'"],
        'connect-src': ["'self'"],
        'manifest-src': ["'self'"],
        'base-uri': ["'none'"],
        'form-action': ["'self'"],
        'frame-ancestors': ["'none'"],
      },
    },
    crossOriginEmbedderPolicy: false,
    // it is served as plain HTTP on the loopback; what stands in front of it speaks TLS
    strictTransportSecurity: false,
    referrerPolicy: { policy: 'no-referrer' },
  });
  await app.register(cookie);
  await app.register(swagger, {
    openapi: {
      info: {
        title: 'Sluice console',
        version: options.version,
        description:
          'All but GET need the header x-sluice-console: 1. Log in by POST /api/session; the cookie it sets is the session, its name ends with the port of the address.',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: cookieOf({ port: config.CONSOLE_PORT }) },
        },
      },
    },
    hideUntagged: true,
  });
  app.addHook('onSend', async (request, reply) => {
    if (request.url.startsWith('/api/')) void reply.header('cache-control', 'no-store');
  });
  const guard = new Guard(options);
  await app.register(async (api) => {
    api.addHook('onRequest', guard.check);
    const streams = new LiveStreams(options, guard);
    addRoutes(api, allRoutes({ ...options, viewers: () => streams.viewers }), guard);
    addLogin(api, options, guard);
    streams.add(api);
    api.get('/api/openapi.json', { config: { access: 'anyone' }, schema: { hide: true } }, () =>
      app.swagger(),
    );
  });
  addMetrics(app, options);
  await servePage(app, options.page);
  return app;
}

function allRoutes(services: Services & { readonly viewers: () => number }): Handlers<PlainRoute> {
  return {
    ...overviewRoutes(services),
    ...topicRoutes(services),
    ...groupRoutes(services),
    ...deadLetterRoutes(services),
    ...taskRoutes(services),
    ...schemaRoutes(services),
    ...userRoutes(services),
    ...jobRoutes(services),
    ...healthRoutes(services),
  };
}

function addRoutes(app: FastifyInstance, handlers: Handlers<PlainRoute>, guard: Guard): void {
  for (const [name, handler] of Object.entries(handlers) as [PlainRoute, Handler<PlainRoute>][])
    app.route({
      ...routeOf(name),
      handler: (request: FastifyRequest, reply: FastifyReply) => {
        const { params, query, body, viewer } = request;
        const caller: Caller = { viewer, signal: closedSignal(reply), record: guard.recorder(request) };
        return handler({ params, query, body } as Parameters<typeof handler>[0], caller);
      },
    });
}

/** By the answer's own end: a request is closed as soon as its body is read. */
function closedSignal({ raw }: FastifyReply): AbortSignal {
  const closed = new AbortController();
  if (raw.destroyed) closed.abort();
  raw.once('close', () => {
    closed.abort();
  });
  return closed.signal;
}

/** Method, address, schemas and access of a route of the contract. */
export function routeOf(name: RouteName) {
  const [method = 'GET', url = ''] = name.split(' ');
  const { access, summary, response, ...parts } = routes[name] as {
    readonly access: string;
    readonly summary: string;
    readonly response: TSchema;
    readonly params?: TSchema;
    readonly query?: TSchema;
    readonly body?: TSchema;
  };
  return {
    method,
    url,
    config: { access },
    schema: {
      summary: access === 'change' ? `${summary} (operators)` : summary,
      tags: [url.split('/')[2] ?? 'api'],
      ...(parts.params && { params: parts.params }),
      ...(parts.query && { querystring: parts.query }),
      ...(parts.body && { body: parts.body }),
      ...(access === 'anyone' ? {} : { security: [{ session: [] }] }),
      response: { 200: response, '4xx': ErrorBody, '5xx': ErrorBody },
    },
  };
}

/** Numbers in addresses are text; a body has to be exactly what the contract says. */
function validatorOf(schema: TSchema, isBody: boolean) {
  const validator = Compile(schema);
  return (data: unknown) => {
    // a request without a body is one with an empty object
    const value = isBody ? (data ?? {}) : Value.Convert(schema, data ?? {});
    if (validator.Check(value)) return { value };
    const [first] = validator.Errors(value);
    // the path alone: a message may quote what is personal
    const place = first ? `${first.instancePath || 'the whole'}: ${first.message}` : 'not as described';
    return {
      error: badRequest(
        `${isBody ? 'the body' : 'the address'} is not as described (${place})`,
        'See /api/openapi.json.',
      ),
    };
  };
}

function ownHosts({ ALLOWED_HOSTS: names, CONSOLE_PUBLIC_URL: address }: ServerOptions['config']): string[] {
  return address === undefined ? [...names] : [...names, new URL(address).hostname];
}

/** Before anything of a request is looked at: a web page must not reach the console by a name that it lets point here. */
function refuseOtherHosts(app: FastifyInstance, allowed: readonly string[]): void {
  app.addHook('onRequest', async ({ headers: { host } }) => {
    if (!isAllowedHost(host, allowed))
      throw new ConsoleError('the console is not served under this host name', {
        status: 421,
        code: 'unknown-host',
        action: 'Use its IP address or localhost, or add the name to ALLOWED_HOSTS and restart the console.',
      });
  });
}

function answerProblems(app: FastifyInstance, { logger }: ServerOptions): void {
  app.setErrorHandler(async (error: Error, request: FastifyRequest, reply: FastifyReply) => {
    const problem = fastifyProblem(error) ?? toConsoleError(error);
    if (problem.status === 500)
      logger.error({ err: error, route: request.routeOptions.url ?? 'unknown' }, 'a request failed');
    return reply.status(problem.status).send({ error: problem.problem });
  });
}

/** Fastify's own refusals, such as a body that is no JSON. */
function fastifyProblem(error: Error): ConsoleError | undefined {
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (error instanceof ConsoleError || !code?.startsWith('FST_') || !statusCode || statusCode >= 500)
    return undefined;
  return new ConsoleError(`the request is refused: ${code.slice(4).toLowerCase().replaceAll('_', ' ')}`, {
    status: statusCode,
    code: 'bad-request',
    action: 'Send JSON as /api/openapi.json describes it.',
    cause: error,
  });
}
