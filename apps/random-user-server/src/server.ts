import { randomBytes } from 'node:crypto';
import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import { parseQuery } from './query.ts';
import type { UserQuery } from './query.ts';
import { generateUser, userFields } from './user.ts';

export interface ServerOptions {
  /** The seed of a request that names none. Default: 16 random hex digits. */
  readonly chooseSeed?: () => string;
}

const VERSION = '1.4';

/**
 * A RandomUser-compatible API: https://randomuser.me/documentation. The users are a pure function of seed, page
 * and position, so what a request answers depends on nothing but the request.
 */
export function createServer({ chooseSeed = randomSeed }: ServerOptions = {}): FastifyInstance {
  const server = fastify({ forceCloseConnections: true, routerOptions: { ignoreTrailingSlash: true } });
  for (const path of ['/api', `/api/${VERSION}`]) {
    server.get<{ Querystring: Record<string, string | string[] | undefined> }>(path, (request, reply) => {
      void reply.header('access-control-allow-origin', '*').header('cache-control', 'no-cache');
      return answer(parseQuery(request.query), chooseSeed);
    });
  }
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: `not found: this server has /api/ and /api/${VERSION}/` }),
  );
  return server;
}

function answer({ results, page, seed = '', nats, fields, info }: UserQuery, chooseSeed: () => string) {
  const usedSeed = seed || chooseSeed();
  const users = Array.from({ length: results }, (_, index) =>
    generateUser({ seed: usedSeed, page, index }, nats),
  );
  return {
    results: fields.length === userFields.length ? users : users.map((user) => pick(user, fields)),
    ...(info && { info: { seed: usedSeed, results, page, version: VERSION } }),
  };
}

function pick<T, K extends keyof T>(value: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, value[key]])) as unknown as Pick<T, K>;
}

function randomSeed(): string {
  return randomBytes(8).toString('hex');
}
