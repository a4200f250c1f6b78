/**
 * Topics of devices that this bridge served under another name, or does not serve any more: remembered beside the journal, heard
 * once at the broker, and taken away there. What another bridge has taken over is left alone.
 */
import { TOPICS, type MqttMessage, type TopicName, type Topics } from '../mqtt/topics';
import { MQTT_MAX_STATES } from '../settings';
import type { JournalFiles } from './files';

const FILE = 'served';
/** Bounds what is read back: no bridge has more devices. */
const MAX_DEVICES = 10_000;
const MAX_SLUG_LENGTH = 128;

type DeviceTopic = {
  [Name in TopicName]: (typeof TOPICS)[Name]['pattern'] extends `{base}/{device}/${string}` ? Name : never;
}[TopicName];

/** What a device leaves at the broker. */
const RETAINED = (Object.keys(TOPICS) as TopicName[]).filter((name): name is DeviceTopic => {
  const { pattern, retained } = TOPICS[name];
  return pattern.startsWith('{base}/{device}/') && (retained === 'yes' || retained === 'by choice');
});

export class Leftovers {
  private readonly owners = new Map<string, string>();
  private readonly found = new Map<string, Set<string>>();

  /** Reads what the last run served. A file that is missing or makes no sense is none. */
  static async open(files: JournalFiles, topics: Topics, bridge: string, slugs: readonly string[]): Promise<Leftovers> {
    let before: ReturnType<typeof served> = [];
    try {
      before = served((await files.readAll(FILE)).toString());
    } catch {
      // The first run, or a disk that the journal has complained about already.
    }
    const own = new Set(slugs);
    const gone = before.filter(({ base, slug }) => base === topics.base && !own.has(slug));
    const leftovers = new Leftovers(files, topics, bridge, slugs, new Map(gone.map((one) => [one.slug, one.bridge])));
    await leftovers.save();
    return leftovers;
  }

  private constructor(
    private readonly files: JournalFiles,
    private readonly topics: Topics,
    private readonly bridge: string,
    private readonly slugs: readonly string[],
    /** The bridge that served each, as this one may have another id now. */
    private readonly gone: Map<string, string>,
  ) {}

  /** Subscribe to these until it is known whose the devices are. */
  get filters(): string[] {
    return [...this.gone.keys()].map((slug) => `${this.topics.base}/${slug}/#`);
  }

  /** @returns false for a message that is about something else. */
  hear(topic: string, payload: Buffer): boolean {
    if (this.gone.size === 0) return false;
    for (const name of RETAINED) {
      const device = this.topics.match(name, topic)?.device;
      if (device === undefined || !this.gone.has(device)) continue;
      if (name === 'owner') this.owners.set(device, payload.toString().slice(0, 256));
      const found = this.found.get(device) ?? new Set();
      if (payload.length === 0) found.delete(topic);
      else if (found.size < 2 * MQTT_MAX_STATES) found.add(topic);
      this.found.set(device, found);
      return true;
    }
    return false;
  }

  /** Forgets them. @returns the messages that take away what was heard, of those that nobody else has taken over. */
  clear(): MqttMessage[] {
    const messages: MqttMessage[] = [];
    for (const [slug, bridge] of this.gone) {
      const owner = this.owners.get(slug);
      if (owner !== bridge && owner !== this.bridge) continue;
      for (const topic of this.found.get(slug) ?? []) {
        messages.push({ topic, payload: '', retain: true, qos: this.topics.qos });
      }
    }
    this.gone.clear();
    this.owners.clear();
    this.found.clear();
    return messages;
  }

  /** Written anew and renamed: it is the old one or the new one, whatever happens. */
  async save(): Promise<void> {
    const { base } = this.topics;
    const all = [...this.slugs.map((slug) => [slug, this.bridge] as const), ...this.gone];
    const text = JSON.stringify(all.map(([slug, bridge]) => ({ base, bridge, slug })));
    try {
      await this.files.remove(`${FILE}.new`);
      await this.files.create(`${FILE}.new`, text);
      await this.files.rename(`${FILE}.new`, FILE);
    } catch {
      // Without it only the cleaning up is left out; the journal reports a disk that cannot be used.
    }
  }
}

function served(text: string): { base: string; bridge: string; slug: string }[] {
  const list = JSON.parse(text) as unknown;
  if (!Array.isArray(list)) return [];
  return list.slice(0, MAX_DEVICES).flatMap((item: unknown) => {
    const { base, bridge, slug } = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>;
    if (typeof base !== 'string' || typeof bridge !== 'string' || typeof slug !== 'string') return [];
    // It becomes a subscription, so it must be a level of a topic and nothing else.
    const isSlug = slug !== '' && slug.length <= MAX_SLUG_LENGTH && /^[a-z0-9_-]+$/.test(slug) && slug !== 'bridge';
    return isSlug ? [{ base, bridge, slug }] : [];
  });
}
