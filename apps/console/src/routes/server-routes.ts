import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FailedLogins } from '../access/failed-logins.ts';
import { cookieOf, type Guard } from '../access/guard.ts';
import { sessionMs, type Viewer } from '../access/sessions.ts';
import type { Login, Session } from '../contract/session.ts';
import { ConsoleError } from '../problem.ts';
import { routeOf, type ServerOptions } from '../server.ts';

/** Login by token, which sets the session's cookie. */
export function addLogin(app: FastifyInstance, options: ServerOptions, guard: Guard): void {
  const { tokens, sessions, changes, config, version } = options;
  const failed = new FailedLogins();
  const isSecure = config.CONSOLE_PUBLIC_URL?.startsWith('https:') ?? false;

  const sessionOf = (viewer: Viewer | undefined): Session => ({
    role: viewer?.role ?? null,
    who: viewer?.who ?? null,
    version,
    features: { registry: options.servers.registry !== undefined },
    pipeline: {
      topic: config.KAFKA_TOPIC,
      deadLetterTopic: config.KAFKA_DLQ_TOPIC,
      group: config.KAFKA_GROUP_ID,
      table: `${config.CASSANDRA_KEYSPACE}.user_records`,
    },
  });

  app.route({
    ...routeOf('GET /api/session'),
    handler: (request) => Promise.resolve(sessionOf(guard.viewerOf(request))),
  });

  app.route<{ Body: Login }>({
    ...routeOf('POST /api/session'),
    handler: async (request, reply) => {
      const entry = { at: Date.now(), from: request.ip, what: 'login', details: {} };
      const nobody = { who: 'nobody', role: 'nobody' };
      const waitSeconds = Math.ceil(failed.waitMs(request.ip) / 1_000);
      if (waitSeconds > 0) {
        changes.addRefusal({ ...entry, ...nobody, outcome: 'too-many-requests' });
        void reply.header('retry-after', waitSeconds);
        throw new ConsoleError('too many attempts to log in failed', {
          status: 429,
          code: 'too-many-requests',
          action: `Wait ${waitSeconds} s, then try again.`,
        });
      }
      const viewer = tokens.find(request.body.token);
      if (!viewer) {
        failed.add(request.ip);
        changes.addRefusal({ ...entry, ...nobody, outcome: 'wrong-token' });
        throw new ConsoleError('this is no token of this console', {
          status: 401,
          code: 'wrong-token',
          action:
            'The console printed its tokens at its first start, and keeps them in files beside its history.',
        });
      }
      changes.add({ ...entry, ...viewer, outcome: 'done' });
      setCookie(request, reply, { secret: sessions.begin(viewer), isSecure });
      return sessionOf(viewer);
    },
  });

  app.route({
    ...routeOf('DELETE /api/session'),
    handler: async (request, reply) => {
      sessions.end(request.cookies[cookieOf(request)]);
      // a reply is a promise of its end: to await it here would be to wait for oneself
      void reply.clearCookie(cookieOf(request), { path: '/' });
      return sessionOf(undefined);
    },
  });
}

function setCookie(
  request: FastifyRequest,
  reply: FastifyReply,
  { secret, isSecure }: { readonly secret: string; readonly isSecure: boolean },
): void {
  void reply.setCookie(cookieOf(request), secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    // behind a proxy it is that one that speaks TLS
    secure: isSecure || request.protocol === 'https',
    maxAge: sessionMs / 1000,
  });
}

/** For what watches the console: without a login, as the other apps have it, and without data. */
export function addMetrics(app: FastifyInstance, { metrics, sampler }: ServerOptions): void {
  app.get('/metrics', async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
  app.get('/health/live', () => Promise.resolve({ live: true }));
  app.get('/health/ready', async () => {
    // servers that are away are shown, not waited for
    await sampler.overview();
    return { ready: true, reasons: [] };
  });
}
