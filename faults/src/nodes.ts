import type { World } from './world.ts';

/** Servers that a scenario ends; what it leaves down is started again at its end, since others use them after it. */
export class Nodes {
  readonly #world: World;
  readonly #down = new Set<string>();

  constructor(world: World) {
    this.#world = world;
    world.onClose(() => this.restart(...this.#down));
  }

  /** SIGKILL, all of them at the same moment. */
  async kill(...names: readonly string[]): Promise<void> {
    for (const name of names) this.#down.add(name);
    await Promise.all(names.map((name) => this.#world.services.stack.kill(name)));
  }

  /** Resolves when each of them is ready; they start side by side. */
  async restart(...names: readonly string[]): Promise<void> {
    await Promise.all(names.map((name) => this.#world.services.stack.restart(name)));
    for (const name of names) this.#down.delete(name);
  }
}
