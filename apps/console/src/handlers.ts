import type { Viewer } from './access/sessions.ts';
import type { Change } from './contract/audits.ts';
import type { RequestOf, ResponseOf, RouteName } from './contract/routes.ts';

/** What a handler knows beside the parts of its request. */
export interface Caller {
  /** Undefined before the login. */
  readonly viewer: Viewer | undefined;
  /** Aborts when the client has left: nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /**
   * Writes to the log of changes what an operator does: a change as `done`, or by the code of the error where it fails. What is
   * revealed is written before it is shown.
   *
   * @throws ConsoleError 403 for anyone but an operator
   */
  readonly record: <T>(what: string, details: Change['details'], work: () => Promise<T>) => Promise<T>;
}

export type Handler<Name extends RouteName> = (
  request: RequestOf<Name>,
  caller: Caller,
) => Promise<ResponseOf<Name>>;

/** Handlers of some routes. */
export type Handlers<Names extends RouteName = RouteName> = { readonly [Name in Names]: Handler<Name> };
