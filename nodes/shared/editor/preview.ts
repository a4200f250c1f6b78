/** Which topics and entities there will be at the broker, device by device; brought up to date as the fields change. */
import { askRuntime, problemText } from './ask';
import type { Translate } from './fields';

interface PreviewedTopic {
  readonly topic: string;
  readonly name: string;
  readonly direction: 'out' | 'in';
  readonly retained: boolean;
  readonly since: 'start' | 'event' | 'command';
}

interface PreviewedEntity {
  readonly platform: string;
  readonly name: string;
  readonly deviceClass: string | null;
  readonly device: string;
}

interface Preview {
  readonly topics: readonly PreviewedTopic[];
  readonly entities: readonly PreviewedEntity[];
}

/** As the runtime answers; see `nodes/mqtt/admin.ts`. */
type DevicePreview = Preview & { readonly isComplete: boolean; readonly bridge: Preview };

export interface AskedPreview {
  readonly id: string;
  readonly label: string;
  readonly question: object;
}

export interface PreviewListOptions {
  readonly button: JQuery;
  /** How much there will be, in all. */
  readonly words: JQuery;
  readonly container: JQuery;
  readonly devices: () => readonly AskedPreview[];
  readonly translate: Translate;
}

/** Devices that are asked at a time. */
const AT_A_TIME = 3;
/** Somebody types. */
const QUIET_MS = 500;
/** Rows of a table; a large recorder has more topics than anybody reads. */
const MAX_ROWS = 400;
const BRIDGE = 'bridge';

export class PreviewList {
  private run = 0;
  private isShown = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly sections = new Map<string, Section>();

  constructor(private readonly options: PreviewListOptions) {}

  /** @param isFresh the devices are asked anew. */
  async show(isFresh: boolean): Promise<void> {
    this.isShown = true;
    const run = ++this.run;
    const { devices, button, words, translate } = this.options;
    const wanted = [...devices()];
    this.keepOnly(new Set([...wanted.map(({ id }) => id), BRIDGE]));
    if (wanted.length === 0) {
      words.text(translate('hsp-mqtt.preview.none'));
      return;
    }
    for (const { id, label } of wanted) this.section(id, label).wait(isFresh);
    words.text(translate('hsp-mqtt.preview.asking'));
    const answered: Preview[] = [];
    let bridge: Preview | null = null;
    const waiting = [...wanted];
    const ask = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const { id, label, question } = next;
        const answer = await askRuntime<DevicePreview>('hsp/mqtt/preview', { ...question, fresh: isFresh }, button);
        if (run !== this.run) return;
        const section = this.section(id, label);
        if ('problem' in answer) section.fail(problemText(answer, translate));
        else {
          section.fill(answer, answer.isComplete ? null : translate('hsp-mqtt.preview.incomplete'));
          answered.push(answer);
          bridge = answer.bridge;
        }
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, ask));
    if (run !== this.run) return;
    if (bridge !== null) {
      this.section(BRIDGE, translate('hsp-mqtt.preview.bridge')).fill(bridge, null);
      answered.push(bridge);
    }
    words.text(answered.length === 0 ? '' : countText(answered, translate));
  }

  /** Something changed; what is not shown need not be. */
  changed(): void {
    if (!this.isShown) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.show(false), QUIET_MS);
  }

  close(): void {
    clearTimeout(this.timer);
    this.run++;
  }

  private section(id: string, label: string): Section {
    const known = this.sections.get(id);
    if (known !== undefined) return known;
    const section = new Section(this.options.container, label, this.options.translate);
    this.sections.set(id, section);
    return section;
  }

  private keepOnly(ids: ReadonlySet<string>): void {
    for (const [id, section] of this.sections) {
      if (ids.has(id)) continue;
      section.remove();
      this.sections.delete(id);
    }
  }
}

/** One device, folded until somebody looks. */
class Section {
  private readonly details: JQuery;
  private readonly count: JQuery;
  private readonly body: JQuery;
  private draw: (() => void) | null = null;

  constructor(
    container: JQuery,
    label: string,
    private readonly translate: Translate,
  ) {
    this.details = $('<details>').appendTo(container);
    this.count = $('<span class="hsp-count">');
    $('<summary>').append($('<b>').text(label), this.count).appendTo(this.details);
    this.body = $('<div>').appendTo(this.details);
    this.details.on('toggle', () => this.drawOpen());
  }

  wait(isFresh: boolean): void {
    if (isFresh) this.count.text(this.translate('hsp-mqtt.preview.asking'));
  }

  fail(problem: string): void {
    this.count.text(this.translate('hsp-mqtt.preview.unknown'));
    this.body.text(problem);
    this.draw = null;
    this.details.prop('open', true);
  }

  fill(preview: Preview, remark: string | null): void {
    this.count.text(countText([preview], this.translate));
    this.draw = () => {
      this.body.empty();
      if (remark !== null) $('<div class="hsp-remark">').text(remark).appendTo(this.body);
      if (preview.entities.length > 0) this.entities(preview.entities);
      this.topics(preview.topics);
    };
    this.drawOpen();
  }

  remove(): void {
    this.details.remove();
  }

  private drawOpen(): void {
    if (this.details.prop('open') !== true) return;
    this.draw?.();
    this.draw = null;
  }

  private entities(entities: readonly PreviewedEntity[]): void {
    const text = (key: string) => this.translate(`hsp-mqtt.preview.${key}`);
    const isSplit = new Set(entities.map(({ device }) => device)).size > 1;
    const heads = [text('entity'), text('component'), text('deviceClass'), ...(isSplit ? [text('of')] : [])];
    const rows = entities.map(({ name, platform, deviceClass, device }) => [
      name,
      platform,
      deviceClass ?? '',
      ...(isSplit ? [device] : []),
    ]);
    this.table(heads, rows);
  }

  private topics(topics: readonly PreviewedTopic[]): void {
    const text = (key: string) => this.translate(`hsp-mqtt.preview.${key}`);
    const rows = topics.map(({ topic, name, retained, since }) => [
      topic,
      since === 'start' || name === 'event'
        ? text(`topic.${name}`)
        : `${text(`topic.${name}`)} ${text(`since.${since}`)}`,
      text(retained ? 'yes' : 'no'),
    ]);
    this.table([text('topicHead'), text('what'), text('retained')], rows, 'hsp-topics');
  }

  private table(heads: readonly string[], rows: readonly (readonly string[])[], kind = ''): void {
    const scroll = $('<div class="hsp-scroll" tabindex="0" role="group">').attr('aria-label', heads[0] ?? '');
    const table = $('<table>').addClass(kind).appendTo(scroll.appendTo(this.body));
    const cells = (tag: string, texts: readonly string[]) =>
      $('<tr>').append(...texts.map((each) => $(tag).text(each)));
    $('<thead>').append(cells('<th scope="col">', heads)).appendTo(table);
    $('<tbody>')
      .append(...rows.slice(0, MAX_ROWS).map((row) => cells('<td>', row)))
      .appendTo(table);
    if (rows.length <= MAX_ROWS) return;
    const more = this.translate('hsp-mqtt.preview.more', { count: rows.length - MAX_ROWS });
    $('<div class="hsp-remark">').text(more).appendTo(this.body);
  }
}

function countText(previews: readonly Preview[], translate: Translate): string {
  const sum = (of: (preview: Preview) => number) => previews.reduce((total, each) => total + of(each), 0);
  const values = { topics: sum(({ topics }) => topics.length), entities: sum(({ entities }) => entities.length) };
  return translate('hsp-mqtt.preview.count', values);
}
