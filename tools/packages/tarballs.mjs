// What the tarball of a library must hold, and what it may.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Anything else is a leftover of a build, a test, or a file that nobody decided to publish. */
const MAY_HOLD = [
  /^(package\.json|README\.md|LICENSE)$/,
  /^dist\/[\w./-]+\.(js|js\.map|d\.ts)$/,
  /^dist\/LICENSE-\w+\.txt$/,
  /^src\/[\w./-]+(?<!\.test)\.ts$/,
  /^examples\/[\w-]+\.ts$/,
  /^avro\/[\w./-]+\.(avsc|json)$/,
  /^vectors\/[\w-]+\.json$/,
  /^services\/[\w-]+\/pom\.xml$/,
];

/** What is wrong with the tarball of the library in a folder, of whose files npm pack says the paths. */
export function tarballProblems(folder, paths) {
  const files = new Set(paths);
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entries = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [entry] : [entry.types, entry.default, entry['@sluice/source']],
  );
  const needed = ['README.md', 'LICENSE', ...entries.map((entry) => entry.replace('./', ''))];
  return [
    ...needed.filter((path) => !files.has(path)).map((path) => `${path} is missing`),
    ...paths.filter((path) => !MAY_HOLD.some((form) => form.test(path))).map((path) => `${path} is in it`),
    ...filesNamedIn(readFileSync(join(folder, 'README.md'), 'utf8'), folder)
      .filter((path) => !files.has(path) && !paths.some((file) => file.startsWith(path)))
      .map((path) => `README.md refers to ${path}, which is not in it`),
  ];
}

/** The targets of relative links, and of the quoted paths those that exist in the repository. */
function filesNamedIn(readme, folder) {
  const links = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, target]) => target);
  const quoted = [...readme.matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path]) => path);
  return [
    ...links.filter((target) => !/^[a-z]+:/.test(target)),
    ...quoted.filter((path) => existsSync(join(folder, path))),
  ];
}
