import { pbkdf2Sync, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrokerLogin } from './kafka-connection.ts';
import { LOCALHOST } from './ports.ts';
import type { StackSecurity } from './security.ts';
import type { ServiceContext } from './service.ts';
import {
  SECURITY_ADMIN,
  TOKEN_AUDIENCE,
  TOKEN_ISSUER,
  writeSecret,
  type StackSecrets,
} from './stack-secrets.ts';

/** What a broker with security has beside a plain one. */
export interface BrokerSecurity {
  readonly properties: Readonly<Record<string, string | number | boolean>>;
  readonly jvm: readonly string[];
  /** For the storage tool, which makes them. */
  readonly scramUsers: readonly string[];
  readonly mutualTlsPort: number;
}

const BROKER = 'kafka';
const modules = 'org.apache.kafka.common.security';

/**
 * Two listeners: SASL_SSL, on the broker's port, for SCRAM-SHA-512, PLAIN and OAUTHBEARER (KIP-768); SSL, on another one, for clients
 * that are known by their certificate. `CN=producer`, the user `producer` and a token of the subject `producer` are one principal.
 */
export async function brokerSecurity(
  security: StackSecurity,
  context: ServiceContext,
  controllerPort: number,
): Promise<BrokerSecurity> {
  const secrets = await security.secrets(context.stackDir);
  const inside = (file: string) => join(context.dataDir, file);
  await writeSecret(inside('broker.pem'), await secrets.serverCertificate(BROKER));
  await writeSecret(inside('ca.pem'), secrets.ca);
  await writeSecret(inside('jwks.json'), secrets.jwks);
  const jwks = pathToFileURL(inside('jwks.json')).href;
  const mutualTlsPort = await context.freePort();
  const listeners = [`SASL_SSL://${LOCALHOST}:${context.port}`, `SSL://${LOCALHOST}:${mutualTlsPort}`];
  const sasl = (mechanism: string) => `listener.name.sasl_ssl.${mechanism}.sasl`;
  return {
    mutualTlsPort,
    properties: {
      listeners: [...listeners, `CONTROLLER://${LOCALHOST}:${controllerPort}`].join(','),
      'advertised.listeners': listeners.join(','),
      'listener.security.protocol.map': 'SASL_SSL:SASL_SSL,SSL:SSL,CONTROLLER:SSL',
      'inter.broker.listener.name': 'SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': 'broker.pem',
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': 'ca.pem',
      'listener.name.ssl.ssl.client.auth': 'required',
      'listener.name.controller.ssl.client.auth': 'required',
      'ssl.principal.mapping.rules': 'RULE:^CN=([^,]+).*$/$1/,DEFAULT',
      'sasl.enabled.mechanisms': 'SCRAM-SHA-512,PLAIN,OAUTHBEARER',
      [`${sasl('scram-sha-512')}.jaas.config`]: `${modules}.scram.ScramLoginModule required;`,
      [`${sasl('plain')}.jaas.config`]: plainUsers(secrets),
      [`${sasl('oauthbearer')}.jaas.config`]: `${modules}.oauthbearer.OAuthBearerLoginModule required;`,
      [`${sasl('oauthbearer')}.server.callback.handler.class`]: `${modules}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
      [`${sasl('oauthbearer')}.oauthbearer.jwks.endpoint.url`]: jwks,
      [`${sasl('oauthbearer')}.oauthbearer.expected.audience`]: TOKEN_AUDIENCE,
      [`${sasl('oauthbearer')}.oauthbearer.expected.issuer`]: TOKEN_ISSUER,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'super.users': `User:${BROKER};User:${SECURITY_ADMIN}`,
    },
    jvm: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${jwks}`],
    scramUsers: [...secrets.passwords].map(([user, password]) => scramUser(user, password)),
  };
}

/** How the administrator logs in. */
export async function administrator(security: StackSecurity, stackDir: string): Promise<BrokerLogin> {
  const { username, password, ca } = await (await security.secrets(stackDir)).credentials(SECURITY_ADMIN);
  return { ca, username, password };
}

function plainUsers({ passwords }: StackSecrets): string {
  const users = [...passwords].map(([user, password]) => `user_${user}="${password}"`);
  return `${modules}.plain.PlainLoginModule required ${users.join(' ')};`;
}

/** As the storage tool takes it, without the password itself: arguments of a program can be read by others. */
function scramUser(user: string, password: string): string {
  const iterations = 8192;
  const salt = randomBytes(24);
  const salted = pbkdf2Sync(password, salt, iterations, 64, 'sha512');
  const fields = {
    name: user,
    iterations,
    salt: `"${salt.toString('base64')}"`,
    saltedpassword: `"${salted.toString('base64')}"`,
  };
  const text = Object.entries(fields).map(([name, value]) => `${name}=${value}`);
  return `SCRAM-SHA-512=[${text.join(',')}]`;
}
