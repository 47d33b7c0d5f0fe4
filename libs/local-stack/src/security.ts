import { pipelinePrincipals, type Principal } from './principals.ts';
import { makeSecrets, SECURITY_ADMIN, type StackSecrets } from './stack-secrets.ts';

/** How a stack is secured. */
export interface SecuritySetup {
  /** Users of Kafka and roles of Cassandra, and their rights. Default: those of the pipeline, with its default names. */
  readonly principals?: readonly Principal[];
  /** Cassandra asks clients for a certificate of the stack's authority, beside the password. Default false. */
  readonly cassandraClientCertificates?: boolean;
}

/** What the services of one stack with security share. */
export interface StackSecurity extends Required<SecuritySetup> {
  /** Made with the first call. */
  secrets(stackDir: string): Promise<StackSecrets>;
}

export function stackSecurity(setup: true | SecuritySetup): StackSecurity {
  const { principals = pipelinePrincipals(), cassandraClientCertificates = false } =
    setup === true ? {} : setup;
  let secrets: Promise<StackSecrets> | undefined;
  return {
    principals,
    cassandraClientCertificates,
    secrets: (stackDir) =>
      (secrets ??= makeSecrets(stackDir, [SECURITY_ADMIN, ...principals.map(({ name }) => name)])),
  };
}
