#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode((code) => process.exit(code));
const { producer } = await import('./cli.ts');
process.exit(await producer(process.argv));
