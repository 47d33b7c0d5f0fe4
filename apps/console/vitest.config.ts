import { projectTests } from '../../vitest.shared.ts';

export default projectTests({ services: ['kafka', 'cassandra', 'schema-registry'] });
