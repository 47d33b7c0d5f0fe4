import { randomBytes } from 'node:crypto';
import { createWhole, readIfThere, replaceWhole } from './lock.ts';

/** The secret that a file of its owner's alone holds; a new one where there is none, by default of 24 random bytes in URL-safe base64. */
export async function secretFile(
  path: string,
  make = () => randomBytes(24).toString('base64url'),
): Promise<string> {
  const kept = await readIfThere(path);
  if (kept) return kept;
  const secret = make();
  // an empty one is what an earlier version left on a full disk
  if (kept === '') await replaceWhole(path, secret, { mode: 0o600 });
  else if (!(await createWhole(path, secret, { mode: 0o600 }))) return secretFile(path, make);
  return secret;
}
