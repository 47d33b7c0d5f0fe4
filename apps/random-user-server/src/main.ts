#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode((code) => process.exit(code));
const { randomUserServer } = await import('./cli.ts');
process.exitCode = await randomUserServer(process.argv);
