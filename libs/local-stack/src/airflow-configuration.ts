import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LocalStackError } from './errors.ts';
import { readIfThere, replaceWhole } from './lock.ts';
import { LOCALHOST } from './ports.ts';
import type { PostgresDatabase } from './postgres.ts';
import { secretFile } from './secret-file.ts';
import type { ServiceContext } from './service.ts';

/** What the clients of an Airflow have to know beside its address. */
export interface AirflowConfiguration {
  /** AIRFLOW_HOME. */
  readonly home: string;
  /** User name to password, as JSON. */
  readonly passwordFile: string;
}

interface Settings {
  /** Name of the user with all rights. */
  readonly admin: string;
  /** Name of the user who may list DAGs and start runs. */
  readonly runner: string;
  readonly database: PostgresDatabase;
  readonly dagsFolder: string;
}

/**
 * Writes airflow.cfg anew, readable by its owner alone. Passwords and keys are made at the first start and kept: what
 * is encrypted in the database is lost without its key.
 */
export async function writeConfiguration(
  { stackDir, port }: ServiceContext,
  { admin, runner, database, dagsFolder }: Settings,
): Promise<AirflowConfiguration> {
  const home = join(stackDir, 'airflow');
  await mkdir(home, { recursive: true });
  const passwordFile = join(home, 'passwords.json');
  await writePasswords(passwordFile, [admin, runner]);
  const url = `http://${LOCALHOST}:${port}`;
  const configuration: Configuration = {
    core: {
      executor: 'LocalExecutor',
      // Its processes are started at once, all of them.
      parallelism: '4',
      dags_folder: resolve(dagsFolder),
      load_examples: 'False',
      // Fernet wants 32 bytes in URL-safe base64, padded.
      fernet_key: await secretFile(
        join(home, 'fernet-key'),
        () => `${randomBytes(32).toString('base64url')}=`,
      ),
      execution_api_server_url: `${url}/execution/`,
      simple_auth_manager_users: `${admin}:admin,${runner}:user`,
      simple_auth_manager_passwords_file: passwordFile,
    },
    database: { sql_alchemy_conn: `postgresql+psycopg2://${database.address}` },
    api: { base_url: url, secret_key: await secretFile(join(home, 'api-secret')) },
    api_auth: { jwt_secret: await secretFile(join(home, 'jwt-secret')) },
    logging: { base_log_folder: join(home, 'logs'), colored_console_log: 'False' },
    // What is edited is to be seen soon.
    dag_processor: { refresh_interval: '5', min_file_process_interval: '5' },
    usage_data_collection: { enabled: 'False' },
  };
  const file = join(home, 'airflow.cfg');
  await replaceWhole(file, formatted(configuration), { mode: 0o600 });
  return { home, passwordFile };
}

/** Adds what is missing, which Airflow would do itself, and log it. */
async function writePasswords(file: string, users: readonly string[]): Promise<void> {
  const kept = parsePasswords((await readIfThere(file)) || '{}', file);
  const passwords = Object.fromEntries(
    users.map((user) => [user, kept[user] ?? randomBytes(24).toString('base64url')]),
  );
  await replaceWhole(file, JSON.stringify({ ...kept, ...passwords }), { mode: 0o600 });
}

function parsePasswords(text: string, file: string): Readonly<Record<string, string>> {
  try {
    return JSON.parse(text) as Readonly<Record<string, string>>;
  } catch (cause) {
    const message = `${file} is damaged: delete it, and Airflow's next start makes new passwords`;
    throw new LocalStackError('state-unreadable', message, { cause });
  }
}

type Configuration = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Python's configparser takes a percent sign for the beginning of a reference. */
function formatted(configuration: Configuration): string {
  return Object.entries(configuration)
    .map(([section, settings]) => {
      const lines = Object.entries(settings).map(
        ([key, value]) => `${key} = ${value.replaceAll('%', '%%')}\n`,
      );
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}
