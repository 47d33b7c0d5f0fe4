import type { Overview } from './overview.ts';
import type { Task } from './tasks.ts';

/**
 * Server-sent events of `GET /api/live`: `event:` is the name here, `data:` its JSON. The first `overview` comes at once, then one a second;
 * `task` whenever one begins, gets on (at most twice a second) or ends. `session-over`: log in again.
 */
export interface LiveEvents {
  readonly overview: Overview;
  readonly task: Task;
  readonly 'session-over': Record<string, never>;
}
