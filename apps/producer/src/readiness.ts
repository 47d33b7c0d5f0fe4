type Server = 'kafka' | 'registry' | 'source';

/** Whether users move, and if not which server fails, and why. */
export class Readiness {
  readonly #failing = new Map<Server, string>([['kafka', 'connecting']]);

  get current(): { readonly ready: boolean; readonly reasons: readonly string[] } {
    const reasons = [...this.#failing].map(([server, code]) => `${server}:${code}`);
    return { ready: reasons.length === 0, reasons };
  }

  /** @param code of its failure; undefined when it has answered */
  set(server: Server, code: string | undefined): void {
    if (code === undefined) this.#failing.delete(server);
    else this.#failing.set(server, code);
  }
}
