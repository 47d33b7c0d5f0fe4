/*
 * Files of cassandra-driver 4.10.0 that are not part of its interface. They are imported, not loaded at run time, so that a
 * bundler takes them from the same copy as the rest of the driver.
 */
declare module 'cassandra-driver/lib/execution-options.js' {
  import type { Client, QueryOptions } from 'cassandra-driver';

  export interface Execution {
    getConsistency(): number;
    getLoadBalancingPolicy(): unknown;
  }

  const executionOptions: {
    readonly DefaultExecutionOptions: { create(options: QueryOptions, client: Client): Execution };
  };
  export default executionOptions;
}

declare module 'cassandra-driver/lib/prepare-handler.js' {
  import type { Client } from 'cassandra-driver';

  const prepareHandler: {
    getPrepared(
      client: Client,
      policy: unknown,
      query: string,
      keyspace: string | undefined,
    ): Promise<{ readonly queryId: Buffer }>;
  };
  export default prepareHandler;
}

declare module 'cassandra-driver/lib/request-handler.js' {
  import type { Client } from 'cassandra-driver';
  import type { Execution } from 'cassandra-driver/lib/execution-options.js';

  const requestHandler: {
    send(
      request: { write(encoder: { readonly protocolVersion: number }, streamId: number): Buffer },
      execution: Execution,
      client: Client,
    ): Promise<unknown>;
  };
  export default requestHandler;
}
