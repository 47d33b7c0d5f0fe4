import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../handlers.ts';
import { ConsoleError, toConsoleError } from '../problem.ts';
import type { ChangeLog } from './change-log.ts';
import type { Sessions, Viewer } from './sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    viewer?: Viewer | undefined;
  }
  interface FastifyContextConfig {
    /** See contract/routes.ts. Default: `viewer`, so that nothing is open by being forgotten. */
    access?: string;
  }
}

export interface GuardOptions {
  readonly sessions: Sessions;
  readonly changes: ChangeLog;
}

/** Another site can have a browser send requests with the cookie, but not with a header of its own. */
const ownHeader = 'x-sluice-console';

/**
 * Name of the session's cookie. Browsers send cookies to every port of a host: with the port in it two consoles on one host keep their
 * sessions apart. It is the port that the browser asked for, which a container or a proxy may have in front of the one listened on.
 */
export function cookieOf({ port }: Pick<FastifyRequest, 'port'>): string {
  return port === null ? 'sluice_console' : `sluice_console_${port}`;
}

/** Who may do what, checked before anything of a request is looked at. */
export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Who a request comes from, if that session still holds. */
  viewerOf(request: FastifyRequest): Viewer | undefined {
    return this.#options.sessions.find(request.cookies[cookieOf(request)]);
  }

  readonly check = async (request: FastifyRequest, _reply: FastifyReply): Promise<void> => {
    request.viewer = this.viewerOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD' && request.headers[ownHeader] !== '1')
      throw new ConsoleError(`the header ${ownHeader}: 1 is missing`, {
        status: 403,
        code: 'cross-site',
        action: 'Use the page of the console, or send the header.',
      });
    const { access = 'viewer' } = request.routeOptions.config;
    if (access === 'anyone') return;
    if (!request.viewer)
      throw new ConsoleError('nobody is logged in, or the session is over', {
        status: 401,
        code: 'not-logged-in',
        action: 'Log in with a token.',
      });
    if (access !== 'viewer')
      this.#requireOperator(request, `${request.method} ${request.routeOptions.url ?? ''}`);
  };

  /** See `Caller.record`. */
  recorder(request: FastifyRequest): Caller['record'] {
    return async (what, details, work) => {
      const { who, role } = this.#requireOperator(request, what);
      const add = (outcome: string) => {
        this.#options.changes.add({ at: Date.now(), who, role, from: request.ip, what, outcome, details });
      };
      // before: what cannot be written down does not happen
      add('begun');
      try {
        const result = await work();
        add('done');
        return result;
      } catch (error) {
        add(toConsoleError(error).code);
        throw error;
      }
    };
  }

  #requireOperator({ viewer, ip }: FastifyRequest, what: string): Viewer {
    if (viewer?.role === 'operator') return viewer;
    const { who = 'nobody', role = 'nobody' } = viewer ?? {};
    this.#options.changes.addRefusal({
      at: Date.now(),
      who,
      role,
      from: ip,
      what,
      outcome: 'forbidden',
      details: {},
    });
    throw new ConsoleError('only an operator may do this', {
      status: 403,
      code: 'operators-only',
      action: "Log in with the operator's token.",
    });
  }
}
