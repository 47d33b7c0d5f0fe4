import { randomBytes } from 'node:crypto';
import type { Role } from '../contract/common.ts';

export interface Viewer {
  readonly role: Role;
  /** In the log of changes. */
  readonly who: string;
}

interface Kept extends Viewer {
  readonly until: number;
}

/** A login holds for a working day. */
export const sessionMs = 12 * 3_600_000;
/** More logins than a team has: the oldest goes. */
const maxSessions = 1_000;

/** Who is logged in, by the secret in the cookie. In memory: a restart of the console ends every session. */
export class Sessions {
  readonly #sessions = new Map<string, Kept>();
  readonly #now: () => number;

  constructor({ now = Date.now }: { readonly now?: () => number } = {}) {
    this.#now = now;
  }

  /** Returns the session's secret. */
  begin(viewer: Viewer): string {
    const id = randomBytes(24).toString('base64url');
    this.#sessions.set(id, { ...viewer, until: this.#now() + sessionMs });
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > maxSessions && oldest !== undefined) this.#sessions.delete(oldest);
    return id;
  }

  find(id: string | undefined): Viewer | undefined {
    const found = id === undefined ? undefined : this.#sessions.get(id);
    if (!found || id === undefined) return undefined;
    if (this.#now() < found.until) return found;
    this.#sessions.delete(id);
    return undefined;
  }

  end(id: string | undefined): void {
    if (id !== undefined) this.#sessions.delete(id);
  }
}
