#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode();
const { producer } = await import('./cli.ts');
process.exit(await producer(process.argv));
