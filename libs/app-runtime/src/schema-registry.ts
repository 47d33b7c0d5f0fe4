import type { SchemaRegistryOptions } from '@sluice/schema-registry';
import { z } from 'zod';
import { emptyIsAValue } from './config.ts';

const registryUrl = z
  .string()
  .default('http://127.0.0.1:8081')
  .transform((text, context) => {
    if (text === '') return undefined;
    const url = URL.parse(text);
    const http = url?.protocol === 'http:' || url?.protocol === 'https:';
    if (http && url.username === '' && url.password === '' && url.search === '' && url.hash === '')
      return text;
    // the text stays out of the message: it may hold a password
    const message =
      http && (url.username !== '' || url.password !== '')
        ? 'must not hold a user or password: set SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD'
        : 'needs an address such as http://127.0.0.1:8081, or nothing for no registry';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });

/** Settings of every program that reads or writes messages with schemas. */
export const registrySettings = {
  /** Set to an empty text: there is no registry. */
  SCHEMA_REGISTRY_URL: emptyIsAValue(registryUrl),
  SCHEMA_REGISTRY_USERNAME: z
    .string()
    .regex(/^[^:]*$/, 'must not contain a colon')
    .optional(),
  SCHEMA_REGISTRY_PASSWORD: z.string().optional(),
  SCHEMA_REGISTRY_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'needs one word of visible ASCII characters')
    .optional(),
  /** PEM text, mostly by `SCHEMA_REGISTRY_SSL_CA_FILE`. Default: the CAs that Node trusts. */
  SCHEMA_REGISTRY_SSL_CA: z.string().optional(),
};

type RegistrySettings = z.infer<z.ZodObject<typeof registrySettings>>;

/** The options of a SchemaRegistry, undefined where there is to be none. */
export function registryOptions(config: RegistrySettings): SchemaRegistryOptions | undefined {
  const { SCHEMA_REGISTRY_URL: url, SCHEMA_REGISTRY_SSL_CA: ca } = config;
  if (url === undefined) return undefined;
  const { SCHEMA_REGISTRY_TOKEN: token, SCHEMA_REGISTRY_USERNAME: username } = config;
  return {
    url,
    ...(token && { auth: { token } }),
    ...(username && { auth: { username, password: config.SCHEMA_REGISTRY_PASSWORD ?? '' } }),
    ...(ca && { tls: { ca } }),
  };
}

/** What does not fit together in these settings. */
export function registryProblems(config: RegistrySettings): string[] {
  const problems: string[] = [];
  if (Boolean(config.SCHEMA_REGISTRY_USERNAME) !== Boolean(config.SCHEMA_REGISTRY_PASSWORD))
    problems.push('SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD: both or neither');
  if (config.SCHEMA_REGISTRY_TOKEN && config.SCHEMA_REGISTRY_USERNAME)
    problems.push('SCHEMA_REGISTRY_TOKEN and SCHEMA_REGISTRY_USERNAME are both set: keep one');
  if (config.SCHEMA_REGISTRY_SSL_CA && config.SCHEMA_REGISTRY_URL?.startsWith('http:'))
    problems.push('SCHEMA_REGISTRY_SSL_CA: has no use with an http address in SCHEMA_REGISTRY_URL');
  return problems;
}
