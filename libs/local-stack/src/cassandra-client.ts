import { auth, Client, errors, types } from 'cassandra-driver';

/** Where a node is. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly localDataCenter: string;
}

/** Who connects, and by TLS where there are certificates. */
export interface NodeLogin {
  readonly username: string;
  readonly password: string;
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
}

/** The driver itself, with nothing of our repository's: the tests of that stand on this library. Rejects where no node answers. */
export async function connectCassandra(node: NodeAddress, login: NodeLogin): Promise<Client> {
  const client = new Client({
    contactPoints: [node.host],
    localDataCenter: node.localDataCenter,
    authProvider: new auth.PlainTextAuthProvider(login.username, login.password),
    protocolOptions: { port: node.port },
    queryOptions: { consistency: types.consistencies.localQuorum },
    // The driver accepts any certificate unless told otherwise.
    ...(login.tls && { sslOptions: { rejectUnauthorized: true, ...login.tls } }),
  });
  try {
    await client.connect();
    return client;
  } catch (error) {
    await client.shutdown();
    throw error;
  }
}

/** Whether a connection failed since the name or the password is wrong. */
export function isLoginRefused(error: unknown): boolean {
  if (error instanceof errors.NoHostAvailableError)
    return Object.values(error.innerErrors as Record<string, unknown>).some(isLoginRefused);
  return error instanceof errors.AuthenticationError;
}
