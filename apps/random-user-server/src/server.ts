import { randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { faultIn, FaultPlan, parsePlannedFault } from './fault-plan.ts';
import { type Fault, sendFault } from './faults.ts';
import { formats } from './formats.ts';
import { parseQuery } from './query.ts';
import type { UserQuery } from './query.ts';
import { generateUser, userFields } from './user.ts';

export interface ServerOptions {
  /** The seed of a request that names none. Default: 16 random hex digits. */
  readonly chooseSeed?: () => string;
  /**
   * Whether faults can be asked for, by `/faults` for the next requests and by the parameter `fault` for one.
   * Default: false, so that a server that people use fails nobody on purpose.
   */
  readonly faults?: boolean;
}

type Query = Readonly<Record<string, string | string[] | undefined>>;

const VERSION = '1.4';

/**
 * A RandomUser-compatible API: https://randomuser.me/documentation. The users are a pure function of seed, page
 * and position, so what a request answers depends on nothing but the request (and the faults it is given).
 */
export function createServer({
  chooseSeed = randomSeed,
  faults = false,
}: ServerOptions = {}): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  const plan = faults ? new FaultPlan() : undefined;
  for (const path of ['/api', `/api/${VERSION}`]) {
    server.get<{ Querystring: Query }>(path, async (request, reply) => {
      void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-cache');
      await sendUsers(parseQuery(request.query), chooseSeed, plan?.next(faultIn(request.query)), reply);
      return reply;
    });
  }
  if (plan) serveFaultPlan(server, plan);
  server.setErrorHandler<Error & { statusCode?: number }>(({ message, statusCode = 500 }, _request, reply) =>
    reply.code(statusCode).send({ error: message }),
  );
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: `not found: this server has /api/ and /api/${VERSION}/` }),
  );
  return server;
}

function serveFaultPlan(server: FastifyInstance, plan: FaultPlan): void {
  server.get('/faults', () => plan.report());
  server.post('/faults', (request) => {
    plan.add(parsePlannedFault(request.body));
    return plan.report();
  });
  server.delete('/faults', () => {
    plan.clear();
    return plan.report();
  });
}

async function sendUsers(
  query: UserQuery,
  chooseSeed: () => string,
  fault: Fault | undefined,
  reply: FastifyReply,
): Promise<void> {
  const { contentType, write } = formats[fault ? 'json' : query.format];
  const text = await write(answerTo(query, query.seed ?? chooseSeed()));
  if (fault) sendFault(fault, text, reply);
  else void reply.type(contentType).send(text);
}

function answerTo({ results, page, nats, gender, password, fields, info }: UserQuery, seed: string) {
  const users = Array.from({ length: results }, (_, index) =>
    generateUser({ seed, page, index }, { nats, gender, password }),
  );
  return {
    results: fields.length === userFields.length ? users : users.map((user) => pick(user, fields)),
    ...(info && { info: { seed, results, page, version: VERSION } }),
  };
}

function pick<T, K extends keyof T>(value: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, value[key]])) as unknown as Pick<T, K>;
}

function randomSeed(): string {
  return randomBytes(8).toString('hex');
}
