import type { DeadLetter } from '@sluice/kafka-client';
import { isLowerCaseUuid } from '@sluice/record-schema';
import type { PasswordPolicy } from '@sluice/user-schema';

export interface SourceLetterOptions {
  /** The topic that the user did not get into. */
  readonly topic: string;
  readonly passwordPolicy: PasswordPolicy;
  /** A number that no other letter has: microseconds since the epoch. */
  readonly number: number;
}

/** What stands for the partition of a record that never was in the topic. */
const nowhere = -1;

/**
 * The dead letter of a user that did not get into the topic, with the user as the source gave it, but no more of the password
 * than a message may hold. Its source partition is -1, since it never was in one, and its source offset a number that
 * tells it from other letters.
 */
export function sourceLetter(
  user: unknown,
  error: { readonly code: string; readonly message: string },
  { topic, passwordPolicy, number }: SourceLetterOptions,
): DeadLetter {
  return {
    record: {
      topic,
      partition: nowhere,
      offset: number,
      timestamp: Math.floor(number / 1000),
      key: keyOf(user),
      value: Buffer.from(withoutSecrets(user, passwordPolicy)),
      headers: [],
    },
    stage: 'source',
    error: { code: error.code, message: error.message },
  };
}

/** Where a policy keeps a secret of `login`; a message holds nothing else of it. */
const kept: Readonly<Record<PasswordPolicy, readonly string[]>> = {
  drop: [],
  sha256: ['salt', 'sha256'],
  plaintext: ['password'],
};
const secrets: readonly string[] = ['password', 'salt', 'md5', 'sha1', 'sha256'];

/**
 * A user as JSON without what its policy keeps from messages, at whatever depth: a user that cannot be mapped may have any
 * shape. Text where an object is needed may be anything, and is left out.
 */
function withoutSecrets(user: unknown, policy: PasswordPolicy): string {
  if (!isObject(user)) return 'null';
  try {
    return JSON.stringify(user, (name, value: unknown) => {
      const lower = name.toLowerCase();
      if (secrets.includes(lower)) return kept[policy].includes(name) && !isObject(value) ? value : undefined;
      return lower === 'login' && !isObject(value) ? undefined : value;
    });
  } catch (error) {
    // nested more deeply than JSON.stringify can follow
    if (error instanceof RangeError) return 'null';
    throw error;
  }
}

/** The key that the message would have, where the user has one. */
function keyOf(user: unknown): Buffer | null {
  const login = isObject(user) ? user['login'] : undefined;
  const uuid = isObject(login) ? login['uuid'] : undefined;
  const key = typeof uuid === 'string' ? uuid.toLowerCase() : '';
  return isLowerCaseUuid(key) ? Buffer.from(key) : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
