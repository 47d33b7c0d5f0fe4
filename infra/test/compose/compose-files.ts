import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { WORKSPACE } from '../../src/workspace.ts';

/** As far as the tests look at it. */
export interface ComposeService {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly ports?: readonly string[];
  readonly healthcheck?: object;
  readonly deploy?: { readonly resources?: { readonly limits?: { readonly memory?: string } } };
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly secrets?: readonly (string | { readonly source: string })[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly cap_drop?: readonly string[];
  readonly read_only?: boolean;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly networks?: readonly string[];
  readonly network_mode?: string;
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

export const FOLDER = join(WORKSPACE, 'infra');
export const BASE = 'compose.yaml';
export const OVERRIDES = ['compose.zookeeper.yaml', 'compose.insecure.yaml'];

/** What Compose does on merging, `!reset` and `!override`, changes nothing of the value itself. */
const tags = ['!reset', '!override'].flatMap((tag) => [
  { tag, resolve: () => null },
  { tag, collection: 'seq' as const },
  { tag, collection: 'map' as const },
]);

export function readComposeFile(name: string): ComposeFile {
  return parse(readFileSync(join(FOLDER, name), 'utf8'), {
    merge: true,
    customTags: tags as never,
  }) as ComposeFile;
}

/** Bytes of `896m` or `2g`. */
export function bytesOf(text: string): number {
  const [, number = '', unit = ''] = /^(\d+)([mg])$/.exec(text) ?? [];
  return Number(number) * (unit === 'g' ? 1024 ** 3 : 1024 ** 2);
}
