import { createServer } from 'node:net';

/** The variables of compose.yaml that name ports of this machine. */
const VARIABLES = [
  'SLUICE_KAFKA_PORT',
  'SLUICE_CASSANDRA_PORT',
  'SLUICE_REGISTRY_PORT',
  'SLUICE_PRODUCER_PORT',
  'SLUICE_WRITER_PORT',
  'SLUICE_CONSOLE_PORT',
  'SLUICE_SPARK_UI_PORT',
  'SLUICE_AIRFLOW_PORT',
  'SLUICE_PROMETHEUS_PORT',
  'SLUICE_GRAFANA_PORT',
  'SLUICE_CONTROL_CENTER_PORT',
];

/** A free port for each: the stack of a test must not get in the way of one that people use. */
export async function freePorts(): Promise<Readonly<Record<string, number>>> {
  const servers = VARIABLES.map(() => createServer());
  try {
    const ports: Record<string, number> = {};
    for (const [index, server] of servers.entries()) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const address = server.address();
      ports[VARIABLES[index] ?? ''] = typeof address === 'object' && address !== null ? address.port : 0;
    }
    return ports;
  } finally {
    for (const server of servers) server.close();
  }
}
