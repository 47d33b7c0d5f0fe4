import { testsOnServices } from '@sluice/test-kit/vitest';

export default testsOnServices('cassandra');
