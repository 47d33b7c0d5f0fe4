import { randomBytes } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
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
  /** Name of the one user. */
  readonly admin: string;
  readonly database: PostgresDatabase;
  readonly dagsFolder: string;
}

/**
 * Writes airflow.cfg anew, readable by its owner alone. Passwords and keys are made at the first start and kept: what
 * is encrypted in the database is lost without its key.
 */
export async function writeConfiguration(
  { stackDir, port }: ServiceContext,
  { admin, database, dagsFolder }: Settings,
): Promise<AirflowConfiguration> {
  const home = join(stackDir, 'airflow');
  await mkdir(home, { recursive: true });
  const passwordFile = join(home, 'passwords.json');
  await secretFile(passwordFile, () => JSON.stringify({ [admin]: randomBytes(24).toString('base64url') }));
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
      simple_auth_manager_users: `${admin}:admin`,
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
  await writeFile(file, formatted(configuration), { mode: 0o600 });
  await chmod(file, 0o600);
  return { home, passwordFile };
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
