import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const workspace = fileURLToPath(new URL('../../../', import.meta.url));

/** Made by builds and tests, or linked. */
const leftOut = new Set(['node_modules', 'dist', 'out-tsc', 'test-results', 'test']);

/** The apps and libraries in a folder of their own, to be changed as a developer changes them, and run from there. */
export class WorkspaceCopy {
  readonly folder = mkdtempSync(join(tmpdir(), 'sluice-workspace-'));

  constructor() {
    for (const kind of ['libs', 'apps']) {
      cpSync(join(workspace, kind), join(this.folder, kind), {
        recursive: true,
        filter: (path) => !leftOut.has(basename(path)),
      });
      for (const name of readdirSync(join(workspace, kind))) this.#link(kind, name, 'node_modules');
    }
    mkdirSync(join(this.folder, 'node_modules', '@sluice'), { recursive: true });
    for (const name of readdirSync(join(workspace, 'node_modules')))
      if (name !== '@sluice') this.#link('node_modules', name);
    for (const kind of ['libs', 'apps'])
      for (const name of readdirSync(join(this.folder, kind)))
        symlinkSync(join(this.folder, kind, name), join(this.folder, 'node_modules', '@sluice', name));
  }

  path(file: string): string {
    return join(this.folder, file);
  }

  edit(file: string, change: (text: string) => string): void {
    const text = readFileSync(this.path(file), 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error(`the edit of ${file} changes nothing`);
    writeFileSync(this.path(file), changed);
  }

  /** Runs the program behind a command such as `npx nx run user-schema:compat`. */
  run(command: string): { readonly code: number | null; readonly output: string } {
    const [, project = '', target = ''] = /^npx nx run ([\w-]+):([\w-]+)$/.exec(command) ?? [];
    const folder = this.path(join('libs', project));
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const { status, stdout, stderr } = spawnSync('sh', ['-c', scripts[target] ?? 'false'], {
      cwd: folder,
      encoding: 'utf8',
    });
    return { code: status, output: stdout + stderr };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #link(...path: readonly string[]): void {
    const from = join(workspace, ...path);
    mkdirSync(join(this.folder, ...path.slice(0, -1)), { recursive: true });
    if (existsSync(from)) symlinkSync(from, join(this.folder, ...path));
  }
}
