#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode((code) => process.exit(code));
const { streamWriter } = await import('./cli.ts');
process.exit(await streamWriter(process.argv));
