/** Events of a stream, as a browser would get them. */
export class EventStream {
  readonly events: { readonly name: string; readonly data: unknown }[] = [];
  readonly status: number;
  readonly ended: Promise<void>;
  readonly #stop: AbortController;

  static async open(url: string, cookie: string): Promise<EventStream> {
    const stop = new AbortController();
    // Its name has the port of the address, and it may come from another.
    const named = cookie.replace(/^sluice_console_\d+/, `sluice_console_${new URL(url).port}`);
    const response = await fetch(url, { headers: { cookie: named }, signal: stop.signal });
    return new EventStream(response, stop);
  }

  private constructor(response: Response, stop: AbortController) {
    this.status = response.status;
    this.#stop = stop;
    this.ended = this.#read(response).catch(() => undefined);
  }

  of<T>(name: string): T[] {
    return this.events.filter((event) => event.name === name).map(({ data }) => data as T);
  }

  close(): void {
    this.#stop.abort();
  }

  async #read(response: Response): Promise<void> {
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk as Uint8Array).toString('utf8');
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, name] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (name !== undefined && data !== undefined)
          this.events.push({ name, data: JSON.parse(data) as unknown });
      }
    }
  }
}
