import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';

/** Of tsup, which does not name the type. */
interface Plugin {
  readonly name: string;
  setup(build: {
    onLoad(
      options: { filter: RegExp },
      callback: () => { contents: string; loader: 'js'; watchFiles: string[] },
    ): void;
  }): void;
}

/** Puts kafkajs into the library: in the place of `kafkajs-files.ts`, which reads the installed package, a module that holds its files. */
export function bundleKafkaJs(): Plugin {
  return {
    name: 'kafkajs',
    setup: ({ onLoad }) => {
      onLoad({ filter: /kafkajs-files\.ts$/ }, () => {
        const files = filesOfKafkaJs();
        const entries = files.map(({ path, body }) => `${JSON.stringify(path)}: ${body}`);
        return {
          contents: `const files = {\n${entries.join(',\n')}\n};\nexport const fileBody = (path) => Object.hasOwn(files, path) ? files[path] : undefined;\n`,
          loader: 'js',
          watchFiles: files.map(({ file }) => file),
        };
      });
    },
  };
}

/** The folder of the installed package, which also has its licence. */
export function kafkaJsFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('kafkajs/package.json'));
}

function filesOfKafkaJs(): { file: string; path: string; body: string }[] {
  const folder = kafkaJsFolder();
  const sources = readdirSync(join(folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js') && !name.endsWith('.test.js'))
    .map((name) => join(folder, 'src', name))
    .sort();
  return [join(folder, 'index.js'), join(folder, 'package.json'), ...sources].map((file) => {
    const text = readFileSync(file, 'utf8');
    const code = file.endsWith('.json') ? `module.exports = ${text}` : text;
    return {
      file,
      path: relative(folder, file).split(sep).join('/'),
      body: `function (exports, require, module) {\n${code}\n}`,
    };
  });
}
