// A program that owns a stack, for a test that kills it.
import { startStack } from '../../src/index.ts';

const [dataDir = ''] = process.argv.slice(2);
const stack = await startStack({ services: ['kafka'], dataDir });
process.stdout.write(`${JSON.stringify(stack)}\n`);
