import { KafkaError } from '@sluice/kafka-client';

const tries = 5;

/** Reads again, with what is left, where retention has eaten records that were to be read. */
export async function whileRetentionEats<T>(
  read: () => Promise<T>,
  onEaten: () => Promise<void> | void = () => undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await read();
    } catch (error) {
      if (!isEaten(error) || attempt === tries) throw error;
      await onEaten();
    }
  }
}

export function isEaten(error: unknown): boolean {
  return error instanceof KafkaError && error.code === 'offset-out-of-range';
}
