import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { JVM_LOCALE, withFixedLocale } from '../src/fixed-locale.ts';
import { requireJava } from '../src/java.ts';

const turkish = {
  ...process.env,
  LANG: 'tr_TR.UTF-8',
  LC_ALL: 'C',
  LC_CTYPE: 'tr_TR.ISO8859-9',
  LANGUAGE: 'tr',
  JAVA_TOOL_OPTIONS: '-Duser.language=tr -Duser.country=TR',
};

it('leaves the variables of the environment that are about no locale', () => {
  expect(withFixedLocale({ PATH: '/bin', LANG: 'tr_TR', LC_NUMERIC: 'de_DE', LANGUAGE: 'tr' })).toEqual({
    PATH: '/bin',
    LC_ALL: 'C.UTF-8',
    PYTHONUTF8: '1',
  });
});

it('makes a JVM of any user one that speaks English and UTF-8', async () => {
  const java = await requireJava(undefined, { service: 'this test', from: 17 });
  const { stderr } = spawnSync(java, [...JVM_LOCALE, '-XshowSettings:properties', '-version'], {
    env: withFixedLocale(turkish),
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/user\.language = en\n/);
  expect(stderr).toMatch(/sun\.jnu\.encoding = UTF-8\n/);
  expect(stderr).toMatch(/file\.encoding = UTF-8\n/);
});
