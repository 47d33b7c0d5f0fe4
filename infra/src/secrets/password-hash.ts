import { createHash } from 'node:crypto';

const saltBytes = 8;

/**
 * A line of nginx's auth_basic_user_file, salted SHA-1 (RFC 2307, scheme SSHA): enough for random passwords of 256 bits. The salt
 * comes from the password, so that the same user has the same line at each run.
 */
export function passwordHash(user: string, password: string): string {
  const salt = createHash('sha256').update(`${user}\0${password}`).digest().subarray(0, saltBytes);
  const digest = createHash('sha1').update(password).update(salt).digest();
  return `${user}:{SSHA}${Buffer.concat([digest, salt]).toString('base64')}\n`;
}
