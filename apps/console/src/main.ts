#!/usr/bin/env node
import { requireNode } from '@sluice/app-runtime/node-version';

requireNode();
const { console } = await import('./cli.ts');
process.exit(await console(process.argv));
