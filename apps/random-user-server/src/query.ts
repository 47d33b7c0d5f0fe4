import { isNationalityCode, nationalityCodes } from './nationalities.ts';
import type { NationalityCode } from './nationalities.ts';
import { userFields } from './user.ts';
import type { UserField } from './user.ts';

/** What a request asks for, with the API's defaults filled in. */
export interface UserQuery {
  readonly results: number;
  readonly page: number;
  /** Undefined: the server chooses one. */
  readonly seed: string | undefined;
  readonly nats: readonly NationalityCode[];
  readonly fields: readonly UserField[];
  readonly info: boolean;
}

const MAX_RESULTS = 5000;
const MAX_PAGE = 10_000;

/**
 * Reads the query as RandomUser 1.4 does: nothing is refused. A number out of range means 1, a list of
 * nationalities with an unknown one means all of them, unknown fields mean nothing, and of a repeated
 * parameter the last one counts.
 */
export function parseQuery(parameters: Readonly<Record<string, string | string[] | undefined>>): UserQuery {
  const last = (name: string): string | undefined => {
    const value = parameters[name];
    return Array.isArray(value) ? value.at(-1) : value;
  };
  const seed = last('seed');
  return {
    results: integerUpTo(MAX_RESULTS, last('results')),
    page: integerUpTo(MAX_PAGE, last('page')),
    seed: seed === '' ? undefined : seed,
    nats: nationalitiesIn(last('nat')),
    fields: fieldsOf(last('inc'), last('exc')),
    info: last('noinfo') === undefined,
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
