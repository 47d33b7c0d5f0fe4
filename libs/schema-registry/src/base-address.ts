import { RegistryError } from './errors.ts';
import { refusal } from './refusal.ts';
import type { Answer, Transport } from './transport.ts';

/** Where Apicurio Registry serves Confluent's API. */
const APICURIO_PATH = '/apis/ccompat/v7';

/**
 * Finds below which address the API is: the given one, as Confluent's own registry has it, or Apicurio's path below it.
 * Both are asked for `/schemas/types`, which is small and needs no right of its own. Found once; callers that come
 * meanwhile wait for the same answer, and after a failure the next one asks again.
 */
export class BaseAddress {
  readonly #given: string;
  readonly #transport: Transport;
  #found: Promise<string> | undefined;

  constructor(given: URL, transport: Transport) {
    this.#given = given.href.replace(/\/+$/, '');
    this.#transport = transport;
  }

  /** @throws RegistryError `bad-answer` where neither is a registry; otherwise as Transport does */
  find(): Promise<string> {
    this.#found ??= this.#search().catch((error: unknown) => {
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  async #search(): Promise<string> {
    const tried: string[] = [];
    for (const base of this.#candidates()) {
      const answer = await this.#transport.send({ method: 'GET', url: `${base}/schemas/types` });
      if (isListOfTypes(answer)) return base;
      if (answer.status === 401 || answer.status === 403) throw refusal(answer);
      tried.push(`${answer.call.url} answered ${answer.status} (${answer.contentType})`);
    }
    throw new RegistryError(
      'bad-answer',
      `there is no schema registry at ${this.#given}: ${tried.join(', ')}. ` +
        'Give the address below which /subjects and /schemas are.',
    );
  }

  #candidates(): readonly string[] {
    return this.#given.includes('/apis/ccompat/')
      ? [this.#given]
      : [this.#given, this.#given + APICURIO_PATH];
  }
}

function isListOfTypes({ status, json }: Answer): boolean {
  return status === 200 && Array.isArray(json) && json.every((type) => typeof type === 'string');
}
