import { randomBytes } from 'node:crypto';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Settings of master, worker and drivers alike: who has not the secret cannot submit, and what they send is encrypted.
 *
 * Spark 4 opens a REST server that runs what anyone posts, unless it is told not to.
 * https://spark.apache.org/docs/latest/security.html
 */
const SETTINGS = {
  'spark.master.rest.enabled': 'false',
  'spark.ui.killEnabled': 'false',
  'spark.authenticate': 'true',
  'spark.network.crypto.enabled': 'true',
  'spark.network.crypto.authEngineVersion': '2',
  // Else a client that fails to authenticate this way may go on without encryption.
  'spark.network.crypto.saslFallback': 'false',
} as const;

/**
 * Writes spark-defaults.conf with a new secret into a folder, readable by its owner alone. It is passed to processes by its path:
 * a secret in their arguments could be read by everybody on the machine. Returns the absolute path.
 */
export async function writeSparkProperties(folder: string): Promise<string> {
  const path = resolve(join(folder, 'spark-defaults.conf'));
  const settings = { ...SETTINGS, 'spark.authenticate.secret': randomBytes(32).toString('base64url') };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await mkdir(folder, { recursive: true });
  // A file that is there keeps its mode.
  await rm(path, { force: true });
  await writeFile(path, lines.join(''), { mode: 0o600, flag: 'wx' });
  return path;
}
