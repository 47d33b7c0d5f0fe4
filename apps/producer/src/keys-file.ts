import { appendFileSync } from 'node:fs';
import { ConfigError } from '@sluice/app-runtime';

/** A file that gets the uuids of acknowledged users, one a line, to compare a table with. */
export class KeysFile {
  readonly #path: string;

  /** @throws ConfigError when it cannot be written: better now than after users were published */
  constructor(path: string) {
    this.#path = path;
    try {
      appendFileSync(path, '');
    } catch (error) {
      const { code = 'error' } = error as NodeJS.ErrnoException;
      throw new ConfigError([`--keys: ${path} cannot be written (${code})`]);
    }
  }

  append(uuids: readonly string[]): void {
    appendFileSync(this.#path, uuids.map((uuid) => `${uuid}\n`).join(''));
  }
}
