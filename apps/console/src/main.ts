#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode((code) => process.exit(code));
const { console } = await import('./cli.ts');
process.exit(await console(process.argv));
