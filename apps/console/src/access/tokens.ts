import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Role } from '../contract/common.ts';

export interface Tokens {
  /** Those that were made now, to be told once. */
  readonly made: Readonly<Partial<Record<Role, string>>>;
  /** The role that a token gives; undefined for one that is none. */
  roleOf(token: string): Role | undefined;
}

export interface TokenOptions {
  /** Where the tokens are kept: `viewer.token` and `operator.token`, readable for their owner alone. */
  readonly folder: string;
  /** Tokens that are given by configuration, and so are not kept. */
  readonly given: Readonly<Partial<Record<Role, string | undefined>>>;
}

const roles: readonly Role[] = ['operator', 'viewer'];

/** The tokens of both roles: given, kept from an earlier start, or made now. */
export function loadTokens({ folder, given }: TokenOptions): Tokens {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made: Partial<Record<Role, string>> = {};
  const digests = roles.map((role) => {
    let token = given[role] ?? readToken(join(folder, `${role}.token`));
    if (token === undefined) {
      token = randomBytes(24).toString('base64url');
      // `wx`: never over a file of somebody else
      writeFileSync(join(folder, `${role}.token`), `${token}\n`, { mode: 0o600, flag: 'wx' });
      made[role] = token;
    }
    return { role, digest: digestOf(token) };
  });
  return {
    made,
    roleOf: (token) => {
      const found = digestOf(token);
      return digests.find(({ digest }) => timingSafeEqual(digest, found))?.role;
    },
  };
}

function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim();
    if (token.length >= 16) return token;
    throw new Error(`${file} holds no token of at least 16 characters: delete it, and a new one is made`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of equal length whatever the token is, for a comparison in constant time. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
