import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const mebibyte = 1024 * 1024;

/** Begins the reason where a scenario cannot be tried here. */
export const skipped = 'skipped: ';

/** A small disk for one service alone, so that it can be full: a tmpfs, which only root may mount. */
export class RamDisk {
  readonly folder: string;
  readonly #leave = () => {
    // the services end a moment later than this program does
    execFileSync('umount', ['--lazy', this.folder]);
  };

  /** @throws an error whose message begins with {@link skipped} where it cannot be mounted */
  static async mount(folder: string, mebibytes: number): Promise<RamDisk> {
    mkdirSync(folder, { recursive: true });
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'sluice-faults', folder]).catch(
      (error: unknown) => {
        throw new Error(`${skipped}needs root, to mount a small tmpfs`, { cause: error });
      },
    );
    return new RamDisk(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
    process.once('exit', this.#leave);
  }

  /** Takes all of its room but so many bytes. */
  fill(left: number): void {
    for (let surplus = this.room - left; surplus > 0; surplus = this.room - left)
      appendFileSync(this.#ballast, Buffer.alloc(Math.min(mebibyte, surplus)));
  }

  /** Gives its room back. */
  free(): void {
    rmSync(this.#ballast, { force: true });
  }

  /** Bytes that can be written still. */
  get room(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  async unmount(): Promise<void> {
    process.removeListener('exit', this.#leave);
    await run('umount', [this.folder]);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}
