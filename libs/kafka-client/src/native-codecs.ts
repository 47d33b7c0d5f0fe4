import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type * as Lz4 from 'lz4-napi';
import type * as Snappy from 'snappy';
import { KafkaError } from './errors.ts';

interface NativeCodecs {
  readonly snappy: typeof Snappy;
  readonly 'lz4-napi': typeof Lz4;
}

const loaded: Partial<NativeCodecs> = {};

/**
 * A codec that is a native package: optional, and loaded when the first batch needs it, which saves its memory where none does.
 *
 * @throws KafkaError `missing-codec` where the package is not installed
 */
export function nativeCodec<Name extends keyof NativeCodecs>(name: Name): NativeCodecs[Name] {
  return (loaded[name] ??= load(name));
}

function load<Name extends keyof NativeCodecs>(name: Name): NativeCodecs[Name] {
  // A bundle in CommonJS has no URL of its own: its packages are found from the program that runs.
  const url = import.meta.url as string | undefined;
  const from = url ?? pathToFileURL(process.argv[1] ?? `${process.cwd()}/`).href;
  try {
    return createRequire(from)(name) as NativeCodecs[Name];
  } catch (cause) {
    throw new KafkaError(
      'missing-codec',
      `the package ${name} cannot be loaded: install it beside @sluice/kafka-client, which reads and writes this compression with it`,
      { cause },
    );
  }
}
