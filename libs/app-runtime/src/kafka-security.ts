import { z } from 'zod';

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
    .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'], 'needs PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512')
    .default('SCRAM-SHA-512'),
  KAFKA_SASL_USERNAME: z.string().optional(),
  KAFKA_SASL_PASSWORD: z.string().optional(),
  /** PEM text, mostly by `KAFKA_SSL_CA_FILE`. Default: the CAs that Node trusts. */
  KAFKA_SSL_CA: z.string().optional(),
  KAFKA_SSL_CERT: z.string().optional(),
  KAFKA_SSL_KEY: z.string().optional(),
};

type KafkaSecuritySettings = z.infer<z.ZodObject<typeof kafkaSecuritySettings>>;

export interface KafkaSecurity {
  readonly ssl?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
  readonly sasl?: {
    readonly mechanism: (typeof mechanisms)[keyof typeof mechanisms];
    readonly username: string;
    readonly password: string;
  };
}

/** The options `ssl` and `sasl` of a KafkaClient. */
export function kafkaSecurity(config: KafkaSecuritySettings): KafkaSecurity {
  const { KAFKA_SSL_CA: ca, KAFKA_SSL_CERT: cert, KAFKA_SSL_KEY: key } = config;
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  return {
    ...(protocol.endsWith('SSL')
      ? { ssl: { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) } }
      : {}),
    ...(protocol.startsWith('SASL')
      ? {
          sasl: {
            mechanism: mechanisms[config.KAFKA_SASL_MECHANISM],
            username: config.KAFKA_SASL_USERNAME ?? '',
            password: config.KAFKA_SASL_PASSWORD ?? '',
          },
        }
      : {}),
  };
}

/** What does not fit together in these settings. */
export function kafkaSecurityProblems(config: KafkaSecuritySettings): string[] {
  const protocol = config.KAFKA_SECURITY_PROTOCOL;
  const problems: string[] = [];
  if (protocol.startsWith('SASL'))
    for (const name of ['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const)
      if (!config[name]) problems.push(`${name}: needed with KAFKA_SECURITY_PROTOCOL=${protocol}`);
  if (Boolean(config.KAFKA_SSL_CERT) !== Boolean(config.KAFKA_SSL_KEY))
    problems.push('KAFKA_SSL_CERT and KAFKA_SSL_KEY: both or neither');
  return problems;
}
