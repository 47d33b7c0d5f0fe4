import { z } from 'zod';

/** How to reach nodes that ask for TLS, credentials or certificates. */
export const cassandraSecuritySettings = {
  CASSANDRA_USERNAME: z.string().optional(),
  CASSANDRA_PASSWORD: z.string().optional(),
  /** PEM text, mostly by `CASSANDRA_TLS_CA_FILE`. Set: connections are encrypted, and nodes have to show a certificate of it. */
  CASSANDRA_TLS_CA: z.string().optional(),
  CASSANDRA_TLS_CERT: z.string().optional(),
  CASSANDRA_TLS_KEY: z.string().optional(),
  /** The name in the nodes' certificates, where these are not for their addresses. */
  CASSANDRA_TLS_SERVERNAME: z.string().optional(),
};

type CassandraSecuritySettings = z.infer<z.ZodObject<typeof cassandraSecuritySettings>>;

export interface CassandraSecurity {
  readonly username?: string;
  readonly password?: string;
  readonly tls?: {
    readonly ca: string;
    readonly cert?: string;
    readonly key?: string;
    readonly servername?: string;
  };
}

/** The options `username`, `password` and `tls` of a CassandraSession. */
export function cassandraSecurity(config: CassandraSecuritySettings): CassandraSecurity {
  const { CASSANDRA_USERNAME: username, CASSANDRA_PASSWORD: password } = config;
  const { CASSANDRA_TLS_CA: ca, CASSANDRA_TLS_CERT: cert, CASSANDRA_TLS_KEY: key } = config;
  const { CASSANDRA_TLS_SERVERNAME: servername } = config;
  return {
    ...(username && { username }),
    ...(password && { password }),
    ...(ca && { tls: { ca, ...(cert && { cert }), ...(key && { key }), ...(servername && { servername }) } }),
  };
}

/** What does not fit together in these settings. */
export function cassandraSecurityProblems(config: CassandraSecuritySettings): string[] {
  const problems: string[] = [];
  if (config.CASSANDRA_PASSWORD && !config.CASSANDRA_USERNAME)
    problems.push('CASSANDRA_USERNAME: needs the user of CASSANDRA_PASSWORD');
  if (Boolean(config.CASSANDRA_TLS_CERT) !== Boolean(config.CASSANDRA_TLS_KEY))
    problems.push('CASSANDRA_TLS_CERT and CASSANDRA_TLS_KEY: both or neither');
  for (const name of ['CASSANDRA_TLS_CERT', 'CASSANDRA_TLS_SERVERNAME'] as const)
    if (config[name] && !config.CASSANDRA_TLS_CA) problems.push(`CASSANDRA_TLS_CA: needed with ${name}`);
  return problems;
}
