/**
 * Documents of a device without what belongs to somebody: secrets, names, serial numbers, addresses, plates. What is the same
 * stays the same, so that a mask shows which camera stands behind which recorder without showing whose they are. Pure.
 */

/** What a value is, by the name of its element or member, lower case. */
const KINDS: Readonly<Record<string, MaskKind>> = {
  ...kindOf('secret', [
    ...['password', 'loginpassword', 'oldpassword', 'newpassword', 'adminpassword', 'keyword', 'passwd', 'pwd', 'pin'],
    ...[
      'key',
      'secret',
      'secretkey',
      'sharedkey',
      'wpakey',
      'presharedkey',
      'encryptionkey',
      'privatekey',
      'publickey',
    ],
    ...['token', 'sessionid', 'sessionidversion', 'challenge', 'salt', 'random', 'verificationcode'],
    ...['verifycode', 'captcha', 'cnonce', 'nonce', 'passphrase', 'accesskey', 'cookie', 'authorization'],
    ...['duresscode', 'operationcode', 'installercode', 'usercode', 'doorcode'],
  ]),
  ...kindOf('serial', [
    ...['serialnumber', 'subserialnumber', 'serialno', 'devserialno', 'deviceserialno', 'deviceserial', 'deviceid'],
    ...[
      'devid',
      'devindex',
      'deviceuuid',
      'uuid',
      'udid',
      'ehomeid',
      'registerid',
      'imei',
      'iccid',
      'imsi',
      'sourceid',
    ],
    ...['moduleserialno', 'subdevserialno', 'detectorserialno', 'deviceregid', 'ezvizid', 'picuuid'],
  ]),
  ...kindOf('name', [
    ...['name', 'username', 'devicename', 'channelname', 'hostname', 'customname', 'employeeno', 'employeenostring'],
    ...[
      'cardno',
      'cardnumber',
      'cardreadername',
      'personname',
      'ssid',
      'realm',
      'displaytext',
      'presetname',
      'zonename',
    ],
    ...['subsystemname', 'doorname', 'areaname', 'sitename', 'stationname', 'buildingname', 'roomno', 'floorno'],
    ...['phonenumber', 'phone', 'mobile', 'contact', 'contacts', 'email', 'emailaddress', 'accountname', 'account'],
    ...['sendername', 'receivername', 'loginname', 'nickname', 'company', 'organization', 'deviceaddress', 'url'],
    ...['licenseplate', 'plateno', 'platenumber', 'originallicenseplate', 'licenseno', 'idnumber', 'certificatenumber'],
    ...['latitude', 'longitude', 'devicelocation', 'devicedescription', 'relatedname', 'subchannelname'],
    ...['eventdescriptionname', 'ownername', 'platelistname', 'filename', 'picname', 'picturename', 'netuser'],
  ]),
};

type MaskKind = 'secret' | 'serial' | 'name';

/** Names that only begin or end like a secret; switches and ranges among them stay. */
const SECRET_NAME = /passw|secret|token|(?:private|shared|crypt|access|api|wpa|wep|psk)\w{0,16}key|^psk/;
const SWITCH = /^(?:true|false|none)$/i;
const HARMLESS = /^(?:true|false|\d{1,3}|opt|none|unknown)$/i;

const OPENING_TAG = /<(?:[\w-]{1,64}:)?([\w-]{1,64})\b[^<>]{0,2048}>/g;
const SECTION_START = '<![CDATA[';
const SECTION_END = ']]>';
const MEMBER = /("([\w-]{1,64})"\s{0,16}:\s{0,64})("(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*)/g;
const ATTRIBUTE = /(\s([\w-]{1,64})=")([^"<]{1,2048})(?=")/g;
const MAC = /\b[0-9a-f]{2}(?:(?::[0-9a-f]{2}){5}|(?:-[0-9a-f]{2}){5})\b/gi;
const MAC_NAME = /^mac(?:addr(?:ess)?)?$/;
const BARE_MAC = /^[0-9a-f]{12}$/i;
const IPV4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
/** Three groups at least, so that no time of day is one. */
const IPV6 =
  /(?<![\w:.])(?=[0-9a-f:]{2,39}(?![\w:]))(?:[0-9a-f]{1,4}:){1,7}(?::[0-9a-f]{1,4}){1,7}(?![\w:])|(?<![\w:.])(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}(?![\w:])|(?<![\w:.])(?:[0-9a-f]{1,4}:){2,7}:(?![\w:])/gi;
/** A user and a password in an address. */
const USERINFO = /(:\/\/)[^\s/<>"]{1,256}@/g;

/** Shorter ones stand everywhere by chance. */
const MIN_SECRET_CHARACTERS = 3;
const MIN_SERIAL_CHARACTERS = 6;
/** Values that are told apart; more become the same. */
const MAX_KNOWN = 10_000;

export class Mask {
  private readonly secrets: readonly { readonly text: string; readonly mask: string }[];
  private readonly user: RegExp | null;
  private readonly known = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  /** Serial numbers also stand where no name says so. */
  private readonly serials = new Set<string>();

  /**
   * @param user stands for itself only as a whole word. @param password is taken out in every spelling.
   */
  constructor({ user, password, others = [] }: { user: string; password: string; others?: readonly string[] }) {
    const whole = [password, ...others, user === '' ? '' : `${user}:${password}`];
    this.secrets = whole
      .filter((secret) => secret.length >= MIN_SECRET_CHARACTERS)
      .flatMap(spellings)
      .sort((a, b) => b.length - a.length)
      .map((text) => ({ text, mask: '*'.repeat(8) }));
    this.user = user.length < MIN_SECRET_CHARACTERS ? null : wordOf(user);
    if (this.user !== null) this.known.set(`name\0${user}`, 'user');
  }

  /** Reads a document for what must not stand in any other; before the first {@link text}. */
  learn(document: string): void {
    this.named(document, (name, value) => {
      const text = bare(value);
      if (KINDS[name.toLowerCase()] === 'serial' && text.length >= MIN_SERIAL_CHARACTERS && !HARMLESS.test(text))
        this.serials.add(text);
      return value;
    });
  }

  /** The document, masked. */
  text(document: string): string {
    this.learn(document);
    let masked = this.named(document, (name, value) => this.value(name, value));
    for (const { text, mask } of this.secrets) masked = masked.replaceAll(text, mask);
    if (this.user !== null) masked = masked.replace(this.user, 'user');
    // Longest first: one may stand within another.
    for (const serial of [...this.serials].sort((a, b) => b.length - a.length))
      masked = masked.replaceAll(serial, () => this.alias('serial', serial));
    return masked
      .replace(USERINFO, '$1***@')
      .replace(MAC, (mac) => this.mac(mac, mac.charAt(2)))
      .replace(IPV4, (address) => (isAddress(address) ? this.alias('ipv4', address) : address))
      .replace(IPV6, (address) => this.alias('ipv6', address.toLowerCase()));
  }

  private named(document: string, put: (name: string, value: string) => string): string {
    const each = (_whole: string, before: string, name: string, value: string) => before + put(name, value);
    return withElements(document, put)
      .replace(ATTRIBUTE, each)
      .replace(MEMBER, (_whole, before: string, name: string, value: string) => {
        if (!value.startsWith('"')) {
          const masked = put(name, value);
          return before + (masked === value ? value : JSON.stringify(masked));
        }
        return `${before}"${put(name, value.slice(1, -1))}"`;
      });
  }

  private value(name: string, raw: string): string {
    const key = name.toLowerCase();
    const kind = kindOfName(key);
    const text = bare(raw);
    if (kind === undefined && MAC_NAME.test(key) && BARE_MAC.test(text)) return this.mac(text, '');
    if (kind === undefined || text === '') return raw;
    if (kind === 'secret' ? !isSecret(key, text) : HARMLESS.test(text)) return raw;
    if (kind === 'secret') return '*'.repeat(Math.min(32, text.length));
    // A path of the device tells nothing about its owner; a host in it is masked as an address.
    if (key === 'url' && /^\/(?:ISAPI|PSIA|$)/i.test(text)) return raw;
    return this.alias(kind, text);
  }

  private alias(kind: keyof typeof ALIASES, value: string): string {
    const key = `${kind}\0${value}`;
    const before = this.known.get(key);
    if (before !== undefined) return before;
    if (Object.values(ALIASES).some((shape) => shape.own.test(value))) return value;
    const count = Math.min(MAX_KNOWN, (this.counts.get(kind) ?? 0) + 1);
    this.counts.set(kind, count);
    const alias = ALIASES[kind].make(count);
    if (this.known.size < MAX_KNOWN) this.known.set(key, alias);
    return alias;
  }

  private mac(mac: string, separator: string): string {
    const digits = mac.replace(/[:-]/g, '').toLowerCase();
    if (/^(?:0+|f+)$/.test(digits)) return mac;
    // One that is an alias already comes back with its digits alone.
    const alias = this.alias('mac', digits).replaceAll(':', '');
    return alias.replace(/..(?=.)/g, `$&${separator}`);
  }
}

/**
 * The values of elements that hold nothing but a text or a section, replaced. No character is searched twice, however many sections
 * begin and do not end.
 */
function withElements(document: string, put: (name: string, value: string) => string): string {
  let replaced = '';
  let done = 0;
  let sectionEnd = -1;
  for (const { index, 0: tag, 1: name = '' } of document.matchAll(OPENING_TAG)) {
    const start = index + tag.length;
    let end = document.indexOf('<', start);
    if (document.startsWith(SECTION_START, start)) {
      if (sectionEnd < start) {
        const found = document.indexOf(SECTION_END, start);
        sectionEnd = found === -1 ? document.length : found;
      }
      end = sectionEnd + SECTION_END.length;
    }
    if (index < done || end <= start || !document.startsWith('</', end)) continue;
    replaced += document.slice(done, start) + put(name, document.slice(start, end));
    done = end;
  }
  return replaced + document.slice(done);
}

function kindOfName(name: string): MaskKind | undefined {
  return Object.hasOwn(KINDS, name) ? KINDS[name] : SECRET_NAME.test(name) ? 'secret' : undefined;
}

/**
 * Does a value of this name, lower case, open something? Switches and ranges of a capability do not; of an element that holds a secret
 * and nothing else also short numbers do.
 */
export function isSecret(name: string, value: string): boolean {
  if (value === '' || kindOfName(name) !== 'secret') return false;
  return !(Object.hasOwn(KINDS, name) ? SWITCH : HARMLESS).test(value);
}

/** What stands for a value, and how to know that it stands for one already. Addresses are those of documentation (RFC 5737, 3849). */
const ALIASES = {
  name: { make: (count: number) => `Name ${count}`, own: /^Name \d{1,5}$/ },
  serial: { make: (count: number) => `MASKED${String(count).padStart(9, '0')}`, own: /^MASKED\d{9}$/ },
  mac: { make: (count: number) => macOf(count), own: /^(?:00:00:5e|00005e)/ },
  ipv4: { make: (count: number) => `192.0.2.${1 + ((count - 1) % 254)}`, own: /^192\.0\.2\.\d{1,3}$/ },
  ipv6: { make: (count: number) => `2001:db8::${count.toString(16)}`, own: /^2001:db8::[0-9a-f]{1,4}$/ },
} as const;

function macOf(count: number): string {
  const digits = count.toString(16).padStart(6, '0');
  return `00:00:5e:${digits.slice(0, 2)}:${digits.slice(2, 4)}:${digits.slice(4, 6)}`;
}

/** Masks of networks, and the addresses that mean nobody or oneself, belong to nobody. */
function isAddress(text: string): boolean {
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) return false;
  const [first = 0] = parts;
  return first !== 0 && first !== 127 && first !== 255 && !(first >= 224 && first <= 239);
}

/** As a word of its own, not as the name of an element or a member. */
function wordOf(user: string): RegExp {
  return new RegExp(`(?<![\\w</])${user.replace(/[^\w]/g, String.raw`\$&`)}(?![\\w>]|"\\s{0,16}:)`, 'g');
}

function bare(value: string): string {
  return value.replace(/^<!\[CDATA\[|\]\]>$/g, '').trim();
}

function kindOf(kind: MaskKind, names: readonly string[]): Record<string, MaskKind> {
  return Object.fromEntries(names.map((name) => [name, kind]));
}

/** How a secret may stand in a document, a header or an address. */
function spellings(secret: string): string[] {
  const xml = secret.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
  const json = JSON.stringify(secret).slice(1, -1);
  const bytes = Buffer.from(secret);
  const all = [secret, xml, json, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('hex')];
  return [...new Set([...all, xml.replace(/'/g, '&apos;'), xml.replace(/'/g, '&#39;')])];
}
