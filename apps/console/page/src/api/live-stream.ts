export type Connection = 'connecting' | 'live' | 'lost';

/** Between two tries, in ms: it doubles up to the longest, so that a mended server is found soon. */
const FIRST_WAIT = 500;
const LONGEST_WAIT = 4_000;

export interface LiveStreamOptions {
  readonly address: string;
  readonly events: readonly string[];
  readonly onEvent: (name: string, data: unknown) => void;
  readonly onConnection: (connection: Connection) => void;
  /** The server is never silent for so long, in ms; more is a lost connection. Default: it may be silent. */
  readonly longestSilence?: number;
}

/**
 * A stream of server-sent events that mends itself. EventSource alone gives up for good on an answer that is no
 * stream, as a server that starts or a proxy sends it, and does not notice a connection that went silent.
 */
export class LiveStream {
  readonly #options: LiveStreamOptions;
  #source: EventSource | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #wait = FIRST_WAIT;

  constructor(options: LiveStreamOptions) {
    this.#options = options;
    options.onConnection('connecting');
    this.#open();
  }

  /** Ends it; no event comes after that. */
  close(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#silence);
    this.#source?.close();
  }

  #open(): void {
    const { address, events, onEvent } = this.#options;
    const source = new EventSource(address);
    this.#source = source;
    source.onopen = () => {
      this.#wait = FIRST_WAIT;
      this.#heard();
    };
    source.onerror = () => {
      this.#lost();
    };
    for (const name of events)
      source.addEventListener(name, ({ data }: MessageEvent<string>) => {
        this.#heard();
        onEvent(name, JSON.parse(data));
      });
    this.#listen();
  }

  #heard(): void {
    this.#options.onConnection('live');
    this.#listen();
  }

  #listen(): void {
    const { longestSilence } = this.#options;
    if (longestSilence === undefined) return;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#lost();
    }, longestSilence);
  }

  #lost(): void {
    this.close();
    this.#options.onConnection('lost');
    this.#retry = setTimeout(() => {
      this.#open();
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }
}
