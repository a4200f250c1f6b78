/** The file of a headless bridge: what may stand in it, and every mistake with its place. */
import { isMap, isScalar, isSeq, LineCounter, parseDocument, type Node as YamlNode, type YAMLMap } from 'yaml';
import { ALLOWANCES, DEFAULT_ALLOWANCE, type Allowance } from '../mqtt/allowance';
import { DEFAULT_LANGUAGE, LANGUAGES, type Language } from '../mqtt/discovery/names';
import { DEFAULT_PREFIX } from '../mqtt/discovery/discovery';
import { slugOf } from '../mqtt/slugs';
import { baseTopicProblem, DEFAULT_BASE } from '../mqtt/topics';
import { parseDeviceUrl } from '../transport/address';
import type { TlsTrust } from '../transport/tls';
import type { BrokerTls, MqttVersion } from './broker';
import { shardFrom } from './shard';

export interface SiteDevice {
  readonly name: string;
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly allow: Allowance;
  readonly channels?: ReadonlySet<number | null>;
  readonly tls?: TlsTrust;
  readonly allowBasic: boolean;
}

export interface SiteFile {
  /** Null: the name of this machine. */
  readonly bridgeId: string | null;
  readonly devices: readonly SiteDevice[];
  readonly broker: {
    readonly urls: readonly string[];
    readonly username?: string;
    readonly password?: string;
    readonly version: MqttVersion;
    readonly tls: BrokerTls;
  };
  readonly base: string;
  readonly qos: 0 | 1;
  readonly discovery: { readonly prefix: string; readonly language: Language } | null;
  readonly journal: { readonly path: string; readonly maxEvents?: number; readonly maxMb?: number };
  readonly pictures: boolean;
  readonly retainPictures: boolean;
  /** `i/n`. */
  readonly shard: string | null;
  readonly share: string | null;
}

export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface SiteSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** @throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
}

/** Reads a site. Without mistakes there is a site; secrets come from the environment or from files alone. */
export function siteFrom(text: string, sources: SiteSources): { site: SiteFile | null; mistakes: Mistake[] } {
  const reader = new Reader(text, sources);
  const site = reader.site();
  return reader.mistakes.length > 0 ? { site: null, mistakes: reader.mistakes } : { site, mistakes: [] };
}

class Reader {
  readonly mistakes: Mistake[] = [];
  private readonly lines = new LineCounter();
  private readonly root: YamlNode | null;

  constructor(
    text: string,
    private readonly sources: SiteSources,
  ) {
    const document = parseDocument(text, { lineCounter: this.lines, prettyErrors: false, maxAliasCount: 0 } as object);
    for (const { pos, message } of [...document.errors, ...document.warnings]) this.at(pos[0], message);
    this.root = document.contents;
  }

  site(): SiteFile | null {
    const root = this.map(this.root, 'the file', [
      'bridge',
      'devices',
      'broker',
      'base',
      'qos',
      'discovery',
      'journal',
      'pictures',
      'retain_pictures',
      'shard',
      'share',
    ]);
    if (root === null) return null;
    const bridgeId = this.text(root, 'bridge');
    if (bridgeId !== null && !isOneLevel(bridgeId)) {
      this.wrong(root, 'bridge', 'the id of the bridge is one level of a topic: no blanks, no /, + or #');
    }
    const base = this.text(root, 'base') ?? DEFAULT_BASE;
    const problem = baseTopicProblem(base);
    if (problem !== null) this.wrong(root, 'base', `the base topic ${problem}`);
    const qos = this.number(root, 'qos', 0, 1) ?? 1;
    const shard = this.text(root, 'shard');
    if (shard !== null && shardFrom(shard) === null)
      this.wrong(root, 'shard', 'a share is i/n with i from 0 to n - 1, for example 0/3');
    const share = this.text(root, 'share');
    if (share !== null && !isOneLevel(share)) {
      this.wrong(root, 'share', 'the name of a share is one level of a topic: no blanks, no /, + or #');
    }
    return {
      bridgeId,
      base,
      qos: qos === 0 ? 0 : 1,
      devices: this.devices(root),
      broker: this.broker(root),
      discovery: this.discovery(root),
      journal: this.journal(root),
      pictures: this.truth(root, 'pictures') ?? false,
      retainPictures: this.truth(root, 'retain_pictures') ?? false,
      shard,
      share,
    };
  }

  private devices(root: YAMLMap): SiteDevice[] {
    const list = root.get('devices', true) as YamlNode | undefined;
    if (!isSeq(list) || list.items.length === 0) {
      this.wrong(root, 'devices', 'devices: a list with at least one device is needed');
      return [];
    }
    const urls = new Map<string, string>();
    return list.items.flatMap((item) => {
      const device = this.map(item as YamlNode, 'a device', [
        'name',
        'url',
        'username',
        'password_env',
        'password_file',
        'allow',
        'channels',
        'ca_file',
        'fingerprint',
        'insecure',
        'allow_basic',
      ]);
      if (device === null) return [];
      const name = this.needed(device, 'name');
      const url = this.needed(device, 'url');
      if (name !== '' && slugOf(name) === '') this.wrong(device, 'name', `no topic can be made of the name '${name}'`);
      if (url !== '') {
        this.checkDeviceUrl(device, url);
        const other = urls.get(url);
        if (other !== undefined) this.wrong(device, 'url', `the device '${other}' has the same url`);
        urls.set(url, name);
      }
      const allow = this.text(device, 'allow') ?? DEFAULT_ALLOWANCE;
      if (!(ALLOWANCES as readonly string[]).includes(allow)) {
        this.wrong(device, 'allow', `allow is one of ${ALLOWANCES.join(', ')}, not '${allow}'`);
      }
      const username = this.text(device, 'username');
      const password = this.secret(device);
      const channels = this.channels(device);
      const tls = this.deviceTls(device);
      return [
        {
          name,
          url,
          allow: allow as Allowance,
          allowBasic: this.truth(device, 'allow_basic') ?? false,
          ...(username === null ? {} : { username }),
          ...(password === null ? {} : { password }),
          ...(channels === null ? {} : { channels }),
          ...(tls === null ? {} : { tls }),
        },
      ];
    });
  }

  private checkDeviceUrl(device: YAMLMap, url: string): void {
    try {
      if (parseUrl(url)?.password) this.wrong(device, 'url', SECRET_IN_URL);
      else parseDeviceUrl(url);
    } catch (error) {
      this.wrong(device, 'url', (error as Error).message);
    }
  }

  private channels(device: YAMLMap): ReadonlySet<number | null> | null {
    const list = device.get('channels', true) as YamlNode | undefined;
    if (list === undefined) return null;
    const channels = new Set<number | null>();
    for (const item of isSeq(list) ? list.items : [null]) {
      const value = isScalar(item) ? item.value : undefined;
      if (value === 'device') channels.add(null);
      else if (typeof value === 'number' && Number.isInteger(value) && value >= 1) channels.add(value);
      else this.wrong(device, 'channels', 'channels: a list of numbers from 1, and device for the device itself');
    }
    return channels;
  }

  private deviceTls(device: YAMLMap): TlsTrust | null {
    const ca = this.file(device, 'ca_file');
    const fingerprint = this.text(device, 'fingerprint');
    if (this.truth(device, 'insecure') === true) return { acceptAny: true };
    if (fingerprint !== null) return { fingerprint };
    return ca === null ? null : { ca };
  }

  private broker(root: YAMLMap): SiteFile['broker'] {
    const broker = this.map(root.get('broker', true), 'broker', [
      'url',
      'username',
      'password_env',
      'password_file',
      'version',
      'ca_file',
      'cert_file',
      'key_file',
      'servername',
      'insecure',
    ]);
    if (broker === null) return { urls: [], version: 'auto', tls: {} };
    const given = broker.get('url', true) as YamlNode | undefined;
    const urls = (isSeq(given) ? given.items : [given]).map((item) => (isScalar(item) ? String(item.value) : ''));
    for (const url of urls) {
      const parsed = parseUrl(url);
      if (parsed === null || !/^(?:mqtts?|wss?):$/.test(parsed.protocol)) {
        this.wrong(broker, 'url', `the url of a broker is mqtt://, mqtts://, ws:// or wss://host:port`);
      } else if (parsed.password !== '') this.wrong(broker, 'url', SECRET_IN_URL);
    }
    const version = this.text(broker, 'version') ?? 'auto';
    if (!['5', '3.1.1', 'auto'].includes(version)) this.wrong(broker, 'version', 'version is auto, 5 or 3.1.1');
    const username = this.text(broker, 'username');
    const password = this.secret(broker);
    const [ca, cert, key] = [
      this.file(broker, 'ca_file'),
      this.file(broker, 'cert_file'),
      this.file(broker, 'key_file'),
    ];
    const servername = this.text(broker, 'servername');
    return {
      urls,
      version: version as MqttVersion,
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      tls: {
        ...(ca === null ? {} : { ca }),
        ...(cert === null ? {} : { cert }),
        ...(key === null ? {} : { key }),
        ...(servername === null ? {} : { servername }),
        ...(this.truth(broker, 'insecure') === true ? { acceptAny: true } : {}),
      },
    };
  }

  private discovery(root: YAMLMap): SiteFile['discovery'] {
    if (!root.has('discovery')) return { prefix: DEFAULT_PREFIX, language: DEFAULT_LANGUAGE };
    const value = this.map(root.get('discovery', true), 'discovery', ['enabled', 'prefix', 'language']);
    if (value === null) return null;
    const prefix = this.text(value, 'prefix') ?? DEFAULT_PREFIX;
    const problem = baseTopicProblem(prefix);
    if (problem !== null) this.wrong(value, 'prefix', `the prefix ${problem}`);
    const language = this.text(value, 'language') ?? DEFAULT_LANGUAGE;
    if (!(LANGUAGES as readonly string[]).includes(language)) {
      this.wrong(value, 'language', `language is one of ${LANGUAGES.join(', ')}, not '${language}'`);
    }
    return this.truth(value, 'enabled') === false ? null : { prefix, language: language as Language };
  }

  private journal(root: YAMLMap): SiteFile['journal'] {
    if (!root.has('journal')) return { path: 'hsp-journal' };
    const value = this.map(root.get('journal', true), 'journal', ['path', 'max_events', 'max_mb']);
    if (value === null) return { path: 'hsp-journal' };
    const maxEvents = this.number(value, 'max_events', 1, 100_000_000);
    const maxMb = this.number(value, 'max_mb', 1, 1_000_000);
    return {
      path: this.text(value, 'path') ?? 'hsp-journal',
      ...(maxEvents === null ? {} : { maxEvents }),
      ...(maxMb === null ? {} : { maxMb }),
    };
  }

  /** From the environment or a file; null where none is meant. */
  private secret(map: YAMLMap): string | null {
    const variable = this.text(map, 'password_env');
    if (variable !== null && map.has('password_file')) {
      this.wrong(map, 'password_file', 'either password_env or password_file');
    }
    if (variable !== null) {
      const value = this.sources.env[variable];
      if (value === undefined || value === '') {
        this.wrong(map, 'password_env', `the environment variable ${variable} is not set`);
      }
      return value ?? '';
    }
    // Editors end a file with a new line.
    return this.file(map, 'password_file')?.replace(/\r?\n$/, '') ?? null;
  }

  private file(map: YAMLMap, key: string): string | null {
    const path = this.text(map, key);
    if (path === null) return null;
    try {
      return this.sources.readFile(path);
    } catch (error) {
      this.wrong(map, key, `${path} cannot be read (${(error as { code?: string }).code ?? 'unknown reason'})`);
      return '';
    }
  }

  private map(node: YamlNode | null | undefined, what: string, known: readonly string[]): YAMLMap | null {
    if (!isMap(node)) {
      this.at(node?.range?.[0] ?? 0, `${what}: expected names with values (${known.join(', ')})`);
      return null;
    }
    for (const { key } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      if (known.includes(name)) continue;
      const place = isScalar(key) ? (key.range?.[0] ?? 0) : 0;
      if (name === 'password' || name === 'token' || name === 'secret') {
        this.at(place, 'a password does not belong into this file: use password_env or password_file');
      } else this.at(place, `${what} knows no '${name}'; there are ${known.join(', ')}`);
    }
    return node;
  }

  private needed(map: YAMLMap, key: string): string {
    const text = this.text(map, key);
    if (text === null || text.trim() === '') this.wrong(map, key, `${key} is missing`);
    return text ?? '';
  }

  private text(map: YAMLMap, key: string): string | null {
    const value = this.value(map, key);
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    this.wrong(map, key, `${key} is a text`);
    return null;
  }

  private truth(map: YAMLMap, key: string): boolean | null {
    const value = this.value(map, key);
    if (value === undefined || typeof value === 'boolean') return value ?? null;
    this.wrong(map, key, `${key} is true or false`);
    return null;
  }

  private number(map: YAMLMap, key: string, min: number, max: number): number | null {
    const value = this.value(map, key);
    if (value === undefined) return null;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    this.wrong(map, key, `${key} is a whole number from ${min} to ${max}`);
    return null;
  }

  private value(map: YAMLMap, key: string): unknown {
    const node = map.get(key, true);
    return node === undefined ? undefined : isScalar(node) ? node.value : node;
  }

  /** At the value where there is one, else at what it is missing in. */
  private wrong(map: YAMLMap, key: string, message: string): void {
    const node = map.get(key, true) as YamlNode | undefined;
    this.at(node?.range?.[0] ?? map.range?.[0] ?? 0, message);
  }

  private at(offset: number, message: string): void {
    const { line, col } = this.lines.linePos(offset);
    this.mistakes.push({
      line: Math.max(1, line),
      column: Math.max(1, col),
      message: message.split('\n')[0] ?? message,
    });
  }
}

function isOneLevel(text: string): boolean {
  return text !== '' && !/[/+#\s]/.test(text);
}

const SECRET_IN_URL = 'a password does not belong into the url: use username, and password_env or password_file';

function parseUrl(url: string): URL | null {
  return URL.canParse(url) ? new URL(url) : null;
}
