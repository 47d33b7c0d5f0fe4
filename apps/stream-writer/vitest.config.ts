import { testsOnServices } from '@sluice/test-kit/vitest';

export default testsOnServices('kafka', 'cassandra', 'schema-registry');
