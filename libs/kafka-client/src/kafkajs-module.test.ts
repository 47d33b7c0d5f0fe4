import { createRequire } from 'node:module';
import type * as KafkaJs from 'kafkajs';
import { expect, it } from 'vitest';
import { loadModule, replaceModule } from './kafkajs-module.ts';
import { kafkaJs } from './kafkajs-patches.ts';

const require = createRequire(import.meta.url);
const replaced = 'kafkajs/src/consumer/batch.js';

it("leaves a program's own kafkajs as it is, whichever is loaded first", () => {
  const before: unknown = require(replaced);
  const patched = kafkaJs();
  const own = require('kafkajs') as typeof KafkaJs;

  expect(require(replaced)).toBe(before);
  expect(loadModule(replaced)).not.toBe(before);
  expect(own.Kafka).not.toBe(patched.Kafka);
  expect(own.CompressionCodecs).not.toBe(patched.CompressionCodecs);
});

it('gives one and the same module for every way to write its path', () => {
  expect(loadModule('kafkajs/src/consumer/batch')).toBe(loadModule(replaced));
  expect(loadModule('kafkajs/src/consumer')).toBe(loadModule('kafkajs/src/consumer/index.js'));
});

it('names a file that is not there', () => {
  expect(() => loadModule('kafkajs/src/nothing')).toThrow('kafkajs has no file src/nothing');
  expect(() => {
    replaceModule('kafkajs/src/nothing.js', {});
  }).toThrow('kafkajs has no file src/nothing.js');
});
