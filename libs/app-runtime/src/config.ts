import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ConfigError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const meaningfulWhenEmpty = new WeakSet<object>();

/** A setting for which empty is not unset but a choice, mostly "none". */
export function emptyIsAValue<Setting extends z.ZodType>(setting: Setting): Setting {
  meaningfulWhenEmpty.add(setting);
  return setting;
}

/**
 * Reads settings by name from an environment, each from `NAME` or, for secrets in files, from the file that `NAME_FILE` names.
 * An empty value is an unset one, except for {@link emptyIsAValue} settings; an empty file is a problem. A line break at the end of
 * a file, and the byte order mark that editors of Windows put before it, are left out.
 *
 * @throws ConfigError naming every problem at once, without the values of secrets
 */
export function readConfig<Shape extends z.ZodRawShape>(
  shape: Shape,
  env: Environment,
): z.infer<z.ZodObject<Shape>> {
  const problems: string[] = [];
  const found: Record<string, string> = {};
  for (const [name, setting] of Object.entries(shape)) {
    const value = readSetting(name, env, problems);
    if (value !== undefined && (value !== '' || meaningfulWhenEmpty.has(setting))) found[name] = value;
  }
  const parsed = z.object(shape).safeParse(found);
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`),
    );
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

function readSetting(name: string, env: Environment, problems: string[]): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name];
  if (env[name]) {
    problems.push(`${name} and ${name}_FILE are both set: keep one`);
    return undefined;
  }
  try {
    const text = readFileSync(file, 'utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r?\n$/, '');
    if (text === '') problems.push(`${name}_FILE: ${file} is empty`);
    return text;
  } catch (error) {
    problems.push(
      `${name}_FILE: ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'error'})`,
    );
    return undefined;
  }
}
