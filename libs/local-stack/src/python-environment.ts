import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { LocalStackError } from './errors.ts';

/** A Python package as it is installed in a virtual environment. */
export interface InstalledPackage {
  readonly version: string;
  /** The environment's python. */
  readonly python: string;
  /** Folder of the environment's programs. */
  readonly bin: string;
  /** Folder that packages are installed in. */
  readonly sitePackages: string;
}

/**
 * Looks a package up in a virtual environment.
 *
 * @throws LocalStackError `environment-missing` where there is no such environment, or the package is not in it
 */
export function installedPackage(
  environment: string | undefined,
  { service, name }: { readonly service: string; readonly name: string },
): InstalledPackage {
  if (environment === undefined) {
    throw new LocalStackError(
      'environment-missing',
      `${service} needs the option ${service}.environment: a Python virtual environment with ${name}`,
    );
  }
  const folder = resolve(environment);
  const bin = join(folder, 'bin');
  const python = join(bin, 'python');
  for (const sitePackages of existsSync(python) ? sitePackagesOf(folder) : []) {
    const version = versionIn(sitePackages, name);
    if (version !== undefined) return { version, python, bin, sitePackages };
  }
  throw new LocalStackError(
    'environment-missing',
    `${service} needs ${name}, which is not installed in ${folder}: make a virtual environment there and install it`,
  );
}

function sitePackagesOf(folder: string): readonly string[] {
  const lib = join(folder, 'lib');
  if (!existsSync(lib)) return [];
  return readdirSync(lib)
    .map((python) => join(lib, python, 'site-packages'))
    .filter((path) => existsSync(path));
}

/** By the name of the folder that describes it, see the Binary distribution format of PyPA. */
function versionIn(sitePackages: string, name: string): string | undefined {
  const description = new RegExp(`^${name.replaceAll('-', '_')}-(\\d[^-]*)\\.dist-info$`, 'i');
  return readdirSync(sitePackages)
    .map((entry) => description.exec(entry)?.[1])
    .find((version) => version !== undefined);
}
