import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../contract/common.ts';
import { StateError, unusable } from '../state-error.ts';
import type { Viewer } from './sessions.ts';
import { readTokenFile, writeTokenFile } from './token-file.ts';
import { parseTokens } from './token-list.ts';

export interface Tokens {
  /** Those that were made now, to be told once. */
  readonly made: Readonly<Partial<Record<Role, string>>>;
  /** Who has a token; undefined for one that is none. */
  find(token: string): Viewer | undefined;
}

export interface TokenOptions {
  /** Where the tokens are kept: `viewer.token` and `operator.token`, see {@link parseTokens}, which nobody else may write. */
  readonly folder: string;
  /** Tokens that are given by configuration, in the same form, and so are not kept. */
  readonly given: Readonly<Partial<Record<Role, string | undefined>>>;
}

const roles: readonly Role[] = ['operator', 'viewer'];

/** The tokens of both roles: given, kept from an earlier start, or made now. @throws StateError */
export function loadTokens({ folder, given }: TokenOptions): Tokens {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, 'written', error);
  }
  const made: Partial<Record<Role, string>> = {};
  const known: (Viewer & { readonly digest: Buffer })[] = [];
  for (const role of roles) {
    const path = join(folder, `${role}.token`);
    let text = given[role] ?? readTokenFile(path);
    if (text === undefined) {
      text = randomBytes(24).toString('base64url');
      writeTokenFile(path, `${text}\n`);
      made[role] = text;
    }
    for (const { token, who } of tokensIn(text, role, path)) {
      const digest = digestOf(token);
      if (known.some((other) => other.role !== role && other.digest.equals(digest)))
        throw new StateError(`a token in ${path} is one of an operator, too`, {
          action: 'delete it there, or every viewer is an operator',
        });
      known.push({ role, who, digest });
    }
  }
  return {
    made,
    find: (token) => {
      const digest = digestOf(token);
      const found = known.find((one) => timingSafeEqual(one.digest, digest));
      return found && { role: found.role, who: found.who };
    },
  };
}

function tokensIn(text: string, role: Role, path: string) {
  try {
    return parseTokens(text, role);
  } catch (error) {
    throw new StateError(`${path} ${(error as Error).message}`, {
      action: 'correct it, or delete it and a new token is made',
      cause: error,
    });
  }
}

/** Of equal length whatever the token is, for a comparison in constant time. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
