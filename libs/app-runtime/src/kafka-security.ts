import { z } from 'zod';
import { clientCredentialsToken } from './oauth-token.ts';

const mechanisms = {
  PLAIN: 'plain',
  'SCRAM-SHA-256': 'scram-sha-256',
  'SCRAM-SHA-512': 'scram-sha-512',
} as const;

/** How to reach brokers that ask for TLS or credentials, by the names that Kafka's own clients use. */
export const kafkaSecuritySettings = {
  KAFKA_SECURITY_PROTOCOL: z
    .enum(
      ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
      'needs PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL',
    )
    .default('PLAINTEXT'),
  KAFKA_SASL_MECHANISM: z
    .enum(
      ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'],
      'needs PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER',
    )
    .default('SCRAM-SHA-512'),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  /** Of the identity provider that gives tokens for OAUTHBEARER. */
  KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL: z
    .string()
    .refine(isHttpUrl, 'needs an address such as https://identity.example.org/token')
    .optional(),
  KAFKA_SASL_OAUTHBEARER_CLIENT_ID: z.string().optional(),
  KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET: z.string().optional(),
  KAFKA_SASL_OAUTHBEARER_SCOPE: z.string().optional(),
  /** PEM text, mostly by `KAFKA_SSL_CA_FILE`. Default: the CAs that Node trusts. */
  KAFKA_SSL_CA: z.string().optional(),
  KAFKA_SSL_CERT: z.string().optional(),
  KAFKA_SSL_KEY: z.string().optional(),
};

type KafkaSecuritySettings = z.infer<z.ZodObject<typeof kafkaSecuritySettings>>;

export interface KafkaSecurity {
  readonly ssl?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?:
    | {
        readonly mechanism: (typeof mechanisms)[keyof typeof mechanisms];
        readonly username: string;
        readonly password: string;
      }
    | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };
}

/** The options `ssl` and `sasl` of a KafkaClient. */
export function kafkaSecurity(config: KafkaSecuritySettings): KafkaSecurity {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = config;
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  return {
    ...(protocol.endsWith('SSL')
      ? { ssl: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }
      : {}),
    ...(protocol.startsWith('SASL') ? { sasl: sasl(config) } : {}),
  };
}

function sasl(config: KafkaSecuritySettings): NonNullable<KafkaSecurity['sasl']> {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_OAUTHBEARER_SCOPE: scope } = config;
  if (mechanism === 'OAUTHBEARER')
    return {
      mechanism: 'oauthbearer',
      token: clientCredentialsToken({
        url: config.KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL ?? '',
        clientId: config.KAFKA_SASL_OAUTHBEARER_CLIENT_ID ?? '',
        clientSecret: config.KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET ?? '',
        ...(scope && { scope }),
      }),
    };
  return {
    mechanism: mechanisms[mechanism],
    username: config.KAFKA_SASL_USERNAME ?? '',
    password: config.KAFKA_SASL_PASSWORD ?? '',
  };
}

const ofPasswords = ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
const ofTokens = [
  'KAFKA_SASL_OAUTHBEARER_TOKEN_ENDPOINT_URL',
  'KAFKA_SASL_OAUTHBEARER_CLIENT_ID',
  'KAFKA_SASL_OAUTHBEARER_CLIENT_SECRET',
] as const;

/** What does not fit together in these settings. */
export function kafkaSecurityProblems(config: KafkaSecuritySettings): string[] {
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  const problems: string[] = [];
  const isToken = config.KAFKA_SASL_MECHANISM === 'OAUTHBEARER';
  if (protocol.startsWith('SASL'))
    for (const name of isToken ? ofTokens : ofPasswords)
      if (!config[name])
        problems.push(
          `${name}: needed with KAFKA_SECURITY_PROTOCOL=${protocol}${isToken ? ' and KAFKA_SASL_MECHANISM=OAUTHBEARER' : ''}`,
        );
  if (Boolean(config.KAFKA_SSL_CERT) !== Boolean(config.KAFKA_SSL_KEY))
    problems.push('KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or neither');
  return problems;
}

/** The secret is sent to it: plain http is for a provider on the same machine or network. */
function isHttpUrl(text: string): boolean {
  return ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '');
}
