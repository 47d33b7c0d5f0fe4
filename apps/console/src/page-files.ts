import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { notFound } from './problem.ts';

/** In index.html, where the nonce belongs that the Content-Security-Policy allows styles by. */
const placeholder = '__CSP_NONCE__';

const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Sluice console</title>
<h1>The page is not built</h1><p>Run <code>npx nx build console</code>, then load this page again. The interface at /api works without it.</p></html>`;

/**
 * Serves the built page. Its addresses are its own: whatever is no file and not below /api is index.html. Files below assets/ carry the
 * hash of their content in their name and are kept by browsers for good.
 */
export async function servePage(app: FastifyInstance, folder: string): Promise<void> {
  const index = join(folder, 'index.html');
  let html: string | undefined;
  const page = async (_request: FastifyRequest, reply: FastifyReply) => {
    // it may be built while the console runs
    html ??= existsSync(index) ? readFileSync(index, 'utf8') : undefined;
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send((html ?? notBuilt).replaceAll(placeholder, reply.cspNonce.style));
  };
  if (existsSync(folder))
    await app.register(fastifyStatic, {
      root: folder,
      index: false,
      cacheControl: false,
      wildcard: true,
      setHeaders: (reply, path) => {
        const isForGood = path.includes('/assets/');
        void reply.header('cache-control', isForGood ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  app.get('/', page);
  app.get('/index.html', page);
  app.setNotFoundHandler(async (request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|assets)\//.test(request.url);
    if (isPage) return page(request, reply);
    const { problem } = notFound('there is nothing at this address', 'See /api/openapi.json.');
    return reply.status(404).send({ error: problem });
  });
}
