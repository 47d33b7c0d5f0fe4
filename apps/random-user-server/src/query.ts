import { parseFormat } from './formats.ts';
import type { Format } from './formats.ts';
import { isNationalityCode, nationalityCodes } from './nationalities.ts';
import type { NationalityCode } from './nationalities.ts';
import { parsePasswordRule } from './password.ts';
import type { PasswordRule } from './password.ts';
import { userFields } from './user.ts';
import type { Gender, UserField } from './user.ts';

/** What a request asks for, with the API's defaults filled in. */
export interface UserQuery {
  readonly results: number;
  readonly page: number;
  /** Undefined: the server chooses one. */
  readonly seed: string | undefined;
  readonly nats: readonly NationalityCode[];
  /** Undefined: both. */
  readonly gender: Gender | undefined;
  /** Undefined: passwords of the server's own kind. */
  readonly password: PasswordRule | undefined;
  readonly fields: readonly UserField[];
  readonly info: boolean;
  readonly format: Format;
}

const MAX_RESULTS = 5000;
const MAX_PAGE = 10_000;

/**
 * Reads the query as RandomUser 1.4 does: nothing is refused. A number out of range means 1, a list of
 * nationalities with an unknown one means all of them, unknown fields mean nothing, an unknown format means JSON,
 * a gender is not looked at beside a seed, and of a repeated parameter the last one counts.
 */
export function parseQuery(parameters: Readonly<Record<string, string | string[] | undefined>>): UserQuery {
  const last = (name: string): string | undefined => {
    const value = parameters[name];
    return Array.isArray(value) ? value.at(-1) : value;
  };
  const seed = last('seed') || undefined;
  return {
    results: integerUpTo(MAX_RESULTS, last('results')),
    page: integerUpTo(MAX_PAGE, last('page')),
    seed,
    nats: nationalitiesIn(last('nat')),
    gender: seed === undefined ? genderIn(last('gender')) : undefined,
    password: parsePasswordRule(last('password')),
    fields: fieldsOf(last('inc'), last('exc')),
    info: last('noinfo') === undefined,
    format: parseFormat(last('format') ?? last('fmt')),
  };
}

function integerUpTo(max: number, text: string | undefined): number {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= max ? number : 1;
}

function nationalitiesIn(text: string | undefined): readonly NationalityCode[] {
  const codes = namesIn(text).map((code) => code.toUpperCase());
  return codes.length > 0 && codes.every(isNationalityCode) ? codes : nationalityCodes;
}

function genderIn(text: string | undefined): Gender | undefined {
  return text === 'female' || text === 'male' ? text : undefined;
}

function fieldsOf(inc: string | undefined, exc: string | undefined): readonly UserField[] {
  const included = namesIn(inc);
  const excluded = namesIn(exc);
  return userFields.filter(
    (field) => (included.length === 0 || included.includes(field)) && !excluded.includes(field),
  );
}

function namesIn(text = ''): string[] {
  return text
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}
