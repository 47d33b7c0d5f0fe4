import {
  readFields,
  readList,
  readNumber,
  readSchema,
  type SchemaReference,
  type StoredSchema,
} from './answers.ts';
import { BaseAddress } from './base-address.ts';
import { systemClock } from './clock.ts';
import { RegistryError } from './errors.ts';
import { LookupCache } from './lookup-cache.ts';
import { checkedUrl, type SchemaRegistryOptions } from './options.ts';
import { placeOf, resolveReferences } from './references.ts';
import { badAnswer, errorCodeOf, refusal } from './refusal.ts';
import { type Answer, type Call, Transport } from './transport.ts';
import { isSchemaId } from './wire-format.ts';

/** What a new version of a subject must be able to read, or be read by; `_TRANSITIVE`: of all versions, not the last alone. */
export type CompatibilityLevel = (typeof compatibilityLevels)[number];

const compatibilityLevels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export interface SchemaToRegister {
  /** Parsed JSON. Attributes that Avro does not know (`minimum`, say) and the order of keys count as part of it. */
  readonly avsc: unknown;
  /** What it refers to by name; must be registered before. */
  readonly references?: readonly SchemaReference[];
}

export interface RegisteredSchema {
  readonly id: number;
  /** Parsed JSON. */
  readonly avsc: unknown;
  /** The Avro schemas, parsed, that it refers to, directly or not, in the order in which they have to be read. */
  readonly references: readonly unknown[];
}

export interface SubjectVersion extends RegisteredSchema {
  readonly subject: string;
  /** From 1. */
  readonly version: number;
}

/** Failed look-ups are repeated no sooner than this, ms. */
const FAILED_MS = 1_000;
const MAX_FAILED = 1_000;
/** How often a registration that was refused is tried again, at once. */
const CONFLICT_RETRIES = 2;

/**
 * A client of a registry of Avro schemas with Confluent's API, version 7: Confluent Schema Registry, Apicurio Registry and
 * others. https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 *
 * Every method throws a RegistryError. A call is tried three times where the failure may pass (network, time-out, 408,
 * 425, 429, 5xx), with 100 to 200 ms and then 200 to 400 ms between. An idle client keeps no process awake.
 */
export class SchemaRegistry {
  readonly #transport: Transport;
  readonly #base: BaseAddress;
  readonly #byId: LookupCache<number, RegisteredSchema>;
  readonly #byPlace: LookupCache<string, StoredSchema>;

  /** @throws RegistryError `bad-options` */
  constructor(options: SchemaRegistryOptions) {
    const url = checkedUrl(options.url);
    const { clock = systemClock } = options;
    const cache = { failedMs: FAILED_MS, maxFailed: MAX_FAILED, now: () => clock.now() };
    this.#transport = new Transport(options);
    this.#base = new BaseAddress(url, this.#transport);
    this.#byId = new LookupCache(cache);
    this.#byPlace = new LookupCache(cache);
  }

  /**
   * The schema of an id, as messages carry it. Asked once and kept for good; concurrent calls share one request; a failure
   * is given again for a second. An id that no registry gives out, such as a negative one, is not asked for.
   * @throws RegistryError `schema-not-found` where the registry does not know the id
   */
  async schemaById(id: number): Promise<RegisteredSchema> {
    if (!isSchemaId(id)) {
      throw new RegistryError('schema-not-found', `no schema has the id ${id}: ids are from 0 to 2147483647`);
    }
    return this.#byId.get(id, async () => {
      const stored = readSchema(await this.#ask('GET', `/schemas/ids/${id}`));
      return { id, avsc: stored.avsc, references: await this.#resolve(stored) };
    });
  }

  /**
   * Adds a schema to a subject, unless it is there already; the subject comes to be with its first one.
   * @returns its id
   * @throws RegistryError `incompatible` with the registry's reasons, `invalid-schema`
   */
  async register(subject: string, schema: SchemaToRegister): Promise<number> {
    const ask = () => this.#call('POST', `${pathOf(subject)}/versions`, bodyOf(schema));
    let answer = await ask();
    // Apicurio also answers 409 to all but the first of those who bring a schema at the same moment.
    for (let again = 0; answer.status === 409 && again < CONFLICT_RETRIES; again++) answer = await ask();
    return readNumber(accepted(answer), 'id');
  }

  /**
   * The version of a subject that is this schema.
   * @throws RegistryError `subject-not-found`, `schema-not-found`
   */
  async lookUp(subject: string, schema: SchemaToRegister): Promise<SubjectVersion> {
    return this.#toVersion(await this.#ask('POST', pathOf(subject), bodyOf(schema)), subject);
  }

  /** @throws RegistryError `subject-not-found`, `version-not-found` */
  async version(subject: string, version: number | 'latest'): Promise<SubjectVersion> {
    return this.#toVersion(await this.#ask('GET', `${pathOf(subject)}/versions/${version}`), subject);
  }

  /**
   * Whether `register` would accept the schema by the compatibility level of the subject, and why not. A subject that does not exist
   * takes any schema. Apicurio compares with all versions also where the level asks for the last one alone.
   * @throws RegistryError `invalid-schema`
   */
  async checkCompatibility(
    subject: string,
    schema: SchemaToRegister,
  ): Promise<{ readonly compatible: boolean; readonly messages: readonly string[] }> {
    const path = `/compatibility${pathOf(subject)}/versions?verbose=true`;
    const answer = await this.#call('POST', path, bodyOf(schema));
    if (errorCodeOf(answer) === 40401) return { compatible: true, messages: [] };
    const { is_compatible: compatible, messages, reason } = readFields(accepted(answer));
    if (typeof compatible !== 'boolean') throw badAnswer(answer, 'without is_compatible');
    // Confluent's registry gives a list, Apicurio 2 one text.
    const said = Array.isArray(messages) ? messages : [reason];
    return { compatible, messages: said.filter((message) => typeof message === 'string') };
  }

  /**
   * The compatibility level of a subject, or without one the level of subjects that have none of their own. Undefined where the
   * subject has none of its own, or does not exist; Apicurio says NONE of one that exists.
   */
  async compatibility(subject?: string): Promise<CompatibilityLevel | undefined> {
    const answer = await this.#call('GET', configPathOf(subject));
    if (NO_LEVEL.has(errorCodeOf(answer))) return undefined;
    const { compatibilityLevel } = readFields(accepted(answer));
    const level = compatibilityLevels.find((known) => known === compatibilityLevel);
    if (level) return level;
    throw badAnswer(answer, 'without a compatibility level that is known');
  }

  /** Sets the level of a subject, which need not exist yet, or without one the level of subjects that have none of their own. */
  async setCompatibility(level: CompatibilityLevel, subject?: string): Promise<void> {
    await this.#ask('PUT', configPathOf(subject), { compatibility: level });
  }

  /** The names of all subjects. */
  async subjects(): Promise<readonly string[]> {
    return readList(await this.#ask('GET', '/subjects'), (item) => typeof item === 'string');
  }

  /**
   * The versions of a subject, in order.
   * @throws RegistryError `subject-not-found`
   */
  async versions(subject: string): Promise<readonly number[]> {
    return readList(
      await this.#ask('GET', `${pathOf(subject)}/versions`),
      (item) => typeof item === 'number',
    );
  }

  /** Ends the connections. What is under way, and what is called later, fails with `closed`. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #toVersion(answer: Answer, subject: string): Promise<SubjectVersion> {
    const stored = readSchema(answer);
    return {
      subject,
      version: readNumber(answer, 'version'),
      id: readNumber(answer, 'id'),
      avsc: stored.avsc,
      references: await this.#resolve(stored),
    };
  }

  #resolve({ references }: StoredSchema): Promise<readonly unknown[]> {
    return resolveReferences(references, (reference) =>
      this.#byPlace.get(placeOf(reference), async () => {
        // A subject may be deleted while messages still need it; Confluent's registry keeps it for those who say so.
        const path = `${pathOf(reference.subject)}/versions/${reference.version}?deleted=true`;
        return readSchema(await this.#ask('GET', path));
      }),
    );
  }

  async #ask(method: Call['method'], path: string, body?: unknown): Promise<Answer> {
    return accepted(await this.#call(method, path, body));
  }

  async #call(method: Call['method'], path: string, body?: unknown): Promise<Answer> {
    const base = await this.#base.find();
    return this.#transport.send({ method, url: base + path, body });
  }
}

/** 40408: the subject has no level of its own. */
const NO_LEVEL: ReadonlySet<number> = new Set([40401, 40408]);

function accepted(answer: Answer): Answer {
  if (answer.status >= 200 && answer.status < 300 && answer.json !== undefined) return answer;
  throw refusal(answer);
}

function pathOf(subject: string): string {
  return `/subjects/${encodeURIComponent(subject)}`;
}

function configPathOf(subject: string | undefined): string {
  return subject === undefined ? '/config' : `/config/${encodeURIComponent(subject)}`;
}

function bodyOf({ avsc, references = [] }: SchemaToRegister): unknown {
  return { schema: JSON.stringify(avsc), ...(references.length > 0 && { references }) };
}
