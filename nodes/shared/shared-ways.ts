/**
 * What the devices of one Node-RED share: the listeners that devices call, the servers that devices dial in to, and the site, by
 * which a camera counts once that is reached directly and behind a recorder.
 */
import {
  CursorFile,
  EhomeServer,
  PushListener,
  Site,
  type Clock,
  type CursorStore,
  type ListenOptions,
} from '../../lib/index';

/** Where a listener for calls from devices is. */
export type PushPlace = { readonly kind: 'mounted' } | { readonly kind: 'own'; readonly listen: ListenOptions };

/** A part in something shared; whoever has it gives it back once. */
export interface Share<T> {
  readonly value: T;
  /** Resolves when, after the last one, no socket and no timer of it is left. */
  giveBack(): Promise<void>;
}

export interface SharedWaysOptions {
  readonly clock: Clock;
  /** Path of the listener within Node-RED's own HTTP server, its root included: `/hsp`. */
  readonly mountedPath: string;
  /** The secret from which the paths of the devices are made; asked for once. */
  readonly secret: () => string;
  /** Where it is kept how far devices were read; null where nothing is kept. */
  readonly cursorFile: string | null;
  /** What the servers found odd, for the log. */
  readonly onTrouble: (message: string) => void;
}

interface Closable {
  close(): Promise<void>;
}

/** Two devices want different things at one port. */
export class SharedPortError extends Error {
  readonly code = 'EADDRINUSE';
}

export class SharedWays {
  readonly site = new Site();

  private readonly shared = new Map<string, Shared<unknown>>();
  private mounted: PushListener | null = null;
  private knownSecret: string | null = null;
  private cursorFile: CursorFile | null = null;

  constructor(private readonly options: SharedWaysOptions) {}

  /** How far access events and plates were read, across restarts; undefined where nothing is kept. */
  get cursors(): CursorStore | undefined {
    const { cursorFile: path, clock, onTrouble } = this.options;
    if (path === null) return undefined;
    return (this.cursorFile ??= new CursorFile({
      path,
      clock,
      onTrouble: (reason) => onTrouble(`it cannot be kept how far devices were read (${path}: ${reason})`),
    }));
  }

  /** What has moved is written now: a device is closed. */
  flush(): void {
    this.cursorFile?.flush();
  }

  get secret(): string {
    return (this.knownSecret ??= this.options.secret());
  }

  /** The listener behind Node-RED's own server; null while no device uses it. */
  get mountedListener(): PushListener | null {
    return this.mounted;
  }

  /** How many listeners and servers are open, or about to be. */
  get open(): number {
    return this.shared.size;
  }

  /** @throws the error of `listen`, or {@link SharedPortError}. */
  pushListener(place: PushPlace): Promise<Share<PushListener>> {
    const { clock, mountedPath } = this.options;
    if (place.kind === 'mounted') {
      return this.take('mounted', '', () => {
        const listener = new PushListener({ clock, path: mountedPath });
        this.mounted = listener;
        return Promise.resolve({
          value: listener,
          close: () => {
            this.mounted = null;
            return listener.close();
          },
        });
      });
    }
    const { listen } = place;
    return this.take(`push ${listen.port}`, JSON.stringify(listen), async () => {
      const listener = new PushListener({ clock });
      await listener.listen(listen);
      return { value: listener, close: () => listener.close() };
    });
  }

  /** @throws the error of `bind`. */
  dialInServer(port: number): Promise<Share<EhomeServer>> {
    return this.take(`ehome ${port}`, '', async () => {
      const server = new EhomeServer({ clock: this.options.clock, onTrouble: this.options.onTrouble });
      await server.listen({ port });
      return { value: server, close: () => server.close() };
    });
  }

  private async take<T>(key: string, wish: string, open: () => Promise<Opened<T>>): Promise<Share<T>> {
    const known = this.shared.get(key) as Shared<T> | undefined;
    if (known !== undefined && known.wish !== wish)
      throw new SharedPortError('another device of these flows uses the port with other settings');
    const shared = known ?? new Shared(wish, open, () => this.shared.delete(key));
    this.shared.set(key, shared);
    const value = await shared.take();
    let isGivenBack = false;
    return {
      value,
      giveBack: async () => {
        if (isGivenBack) return;
        isGivenBack = true;
        await shared.giveBack();
      },
    };
  }
}

interface Opened<T> extends Closable {
  readonly value: T;
}

/** Opened by its first user, closed by its last, however fast they come and go. */
class Shared<T> {
  private users = 0;
  private opened: Opened<T> | null = null;
  /** Opening and closing happen one after the other. */
  private queue: Promise<void> = Promise.resolve();

  constructor(
    readonly wish: string,
    private readonly open: () => Promise<Opened<T>>,
    private readonly onUnused: () => void,
  ) {}

  async take(): Promise<T> {
    this.users++;
    try {
      return await this.next(async () => (this.opened ??= await this.open()).value);
    } catch (error) {
      await this.giveBack();
      throw error;
    }
  }

  giveBack(): Promise<void> {
    this.users--;
    return this.next(() => this.closeUnused());
  }

  private async closeUnused(): Promise<void> {
    if (this.users > 0) return;
    const { opened } = this;
    this.opened = null;
    await opened?.close();
    // Somebody may have come while it was closing; for them it opens again.
    if (this.users === 0) this.onUnused();
  }

  private next<R>(run: () => Promise<R>): Promise<R> {
    const result = this.queue.then(run);
    this.queue = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
