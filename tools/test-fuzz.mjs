// npm run test:fuzz: the long form of the tests that put mutated messages through the decoders. The last line is "N passed, N failed".
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureInstalled, environment, root, run, step } from './workspace.mjs';

const tests = {
  batches: ['libs/kafka-client', 'test/mutated-batches.test.ts'],
  messages: ['libs/stream-pipeline', 'test/mutated-messages.test.ts'],
  console: ['apps/console', 'test/mutated-content.test.ts'],
};
const usage =
  'usage: npm run test:fuzz [-- --messages NUMBER] [-- --only NAMES]\n\n' +
  'Puts mutated messages through the decoders, the same ones in every run: no crash, no stall, bounded memory. Shows how\n' +
  'many were read, the slowest in ms of CPU time, and the memory. Needs no services.\n\n' +
  '  --messages NUMBER  how many through each decoder (default: 1000000)\n' +
  `  --only NAMES       some of ${Object.keys(tests).join(',')}: batches of every codec, the messages of the writer,\n` +
  '                     what the console shows';

const { messages, only } = options();
ensureInstalled();
const results = only.map((name) => {
  const [folder, file] = tests[name];
  return step(`${messages} mutated ${name}`, () =>
    run(['vitest', 'run', file], {
      cwd: join(root, folder),
      // the services that other tests of the project need are not started
      env: { ...environment, FUZZ_MESSAGES: messages, SLUICE_TEST_STACK: '1' },
    }),
  );
});
const failed = results.filter((passed) => !passed).length;
console.log(`${results.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);

function options() {
  try {
    const { values } = parseArgs({
      options: {
        messages: { type: 'string', default: '1000000' },
        only: { type: 'string', default: Object.keys(tests).join(',') },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      console.log(usage);
      process.exit(0);
    }
    const only = values.only.split(',');
    const unknown = only.find((name) => !Object.hasOwn(tests, name));
    if (unknown !== undefined) throw new Error(`--only: there are no mutated "${unknown}"`);
    if (!/^[1-9]\d*$/.test(values.messages))
      throw new Error(`--messages: "${values.messages}" is no positive number`);
    return { messages: values.messages, only };
  } catch (error) {
    console.error(`npm run test:fuzz: ${error.message}\n\n${usage}`);
    process.exit(64);
  }
}
