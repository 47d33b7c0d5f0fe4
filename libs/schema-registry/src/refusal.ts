import { RegistryError, type RegistryErrorCode } from './errors.ts';
import { type Answer, saidIn } from './transport.ts';

/** https://docs.confluent.io/platform/current/schema-registry/develop/api.html */
const BY_ERROR_CODE: Readonly<Record<number, RegistryErrorCode>> = {
  40401: 'subject-not-found',
  40402: 'version-not-found',
  40403: 'schema-not-found',
  42201: 'invalid-schema',
};

const BY_STATUS: Readonly<Record<number, RegistryErrorCode>> = {
  401: 'unauthorized',
  403: 'forbidden',
  409: 'incompatible',
};

/** The error for an answer that is not the one that was asked for. */
export function refusal(answer: Answer): RegistryError {
  const { call, status } = answer;
  const said = saidIn(answer).replace(JAVA_EXCEPTION, '');
  const what = `${call.method} ${call.url} was answered ${status}`;
  const code = BY_STATUS[status] ?? BY_ERROR_CODE[errorCodeOf(answer)];
  if (code) return new RegistryError(code, `${what}: ${said}${adviceFor(code)}`, { status });
  // A registry says 404 with a code of its own; without one it is a proxy's, or of a path that the server lacks.
  if (status < 400 || (status === 404 && answer.json === undefined))
    return badAnswer(answer, said.slice(0, 200));
  return new RegistryError('refused', `${what}: ${said}`, { status });
}

export function badAnswer(answer: Answer, what: string): RegistryError {
  const { call, status, contentType } = answer;
  const message = `${call.method} ${call.url} was answered ${status} (${contentType}), which is no answer of a schema registry: ${what}`;
  return new RegistryError('bad-answer', message, { status });
}

/** The registry's own number of an error, 0 where it gives none. */
export function errorCodeOf({ json }: Answer): number {
  const has = typeof json === 'object' && json !== null && 'error_code' in json;
  return has && typeof json.error_code === 'number' ? json.error_code : 0;
}

/** Apicurio puts the class of the exception before the reason. */
const JAVA_EXCEPTION = /^(?:[a-z]\w*\.)+\w*Exception: /;

function adviceFor(code: RegistryErrorCode): string {
  switch (code) {
    case 'unauthorized':
      return '. Check the user and password, or the token, of the registry.';
    case 'forbidden':
      return '. These credentials lack the right: ask whoever runs the registry.';
    default:
      return '';
  }
}
