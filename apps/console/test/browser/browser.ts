import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Names of the program on the systems that have it. */
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Starts the system's Chromium. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath(), args: ['--no-sandbox', '--disable-gpu'] });
}

/** @throws Error that says what to do where there is none */
function chromiumPath(): string {
  const given = process.env.CHROMIUM_PATH;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = given ? [given] : folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const found = candidates.find(isExecutable);
  if (found) return found;
  throw new Error(
    given
      ? `CHROMIUM_PATH names ${given}, which cannot be run; name Chromium's program`
      : 'there is no Chromium on the PATH: install it (Debian: apt-get install chromium) or name it by CHROMIUM_PATH',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A browser window at the console, which keeps what went wrong in its pages. */
export class Visitor {
  readonly page: Page;
  /** Errors that the browser reported, such as scripts and styles that the policy refused. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #url: string;

  static async arrive(browser: Browser, url: string): Promise<Visitor> {
    const context = await browser.newContext({
      // What fades in would be judged and pictured half there.
      reducedMotion: 'reduce',
      viewport: { width: 1280, height: 900 },
      colorScheme: 'light',
    });
    return new Visitor(context, await context.newPage(), url);
  }

  private constructor(context: BrowserContext, page: Page, url: string) {
    this.#context = context;
    this.page = page;
    this.#url = url;
    page.setDefaultTimeout(20_000);
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    page.on('console', (message) => {
      // A network of the machine came or went, as those of containers do; the page asks again.
      if (message.text().includes('net::ERR_NETWORK_CHANGED')) return;
      // An answer that is an error is the page's to show.
      if (message.location().url.includes('/api/') && message.text().includes('the server responded')) return;
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  async signIn(token: string): Promise<void> {
    await this.page.goto(this.#url);
    await this.page.getByRole('textbox', { name: 'Token' }).fill(token);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.heading('Overview').waitFor();
  }

  /** After a new start of the server, which may not know the session any more. */
  async signInAgain(token: string): Promise<void> {
    await this.page.goto(this.#url);
    const overview = this.heading('Overview');
    const form = this.page.getByRole('textbox', { name: 'Token' });
    await overview.or(form).waitFor();
    if (await form.isVisible()) await this.signIn(token);
  }

  async go(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.#url).href);
  }

  /** The scripts that the page has loaded so far. */
  async scripts(): Promise<Buffer[]> {
    const addresses = await this.page.evaluate(() =>
      performance
        .getEntriesByType('resource')
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.js')),
    );
    const answers = await Promise.all(addresses.map((address) => this.page.request.get(address)));
    return Promise.all(answers.map((answer) => answer.body()));
  }

  heading(name: string | RegExp) {
    return this.page.getByRole('heading', { level: 1, name });
  }

  async leave(): Promise<void> {
    await this.#context.close();
  }
}
