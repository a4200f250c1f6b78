/**
 * What an examination can find, in plain words, and what to do about it. The terminal shows these texts; the dialog has them in its
 * locale, where a test holds the English ones equal. Pure.
 */

/** `good`: as it should be. `odd`: worth a look. `bad`: it does not work. */
export type Level = 'good' | 'odd' | 'bad';

export interface FindingWords {
  readonly level: Level;
  /** `__name__` stands for a value. */
  readonly text: string;
  /** What to do; whatever is not good has one. */
  readonly remedy?: string;
  /** The field of the dialog that mends it. */
  readonly field?: string;
}

const SET_CLOCK = "Run config.setNtp with hsp-command, or use the device's web page under System, Time.";
const LOOK_AT_NETWORK = 'Test again; if it stays so, look at cable, Wi-Fi and power of the device.';

export const FINDINGS = {
  /* Who it is */
  device: { level: 'good', text: '__model__, firmware __firmware__' },
  features: { level: 'good', text: 'It has: __features__.' },

  /* The way to it */
  answers: { level: 'good', text: 'The device answers, and takes user and password.' },
  services: { level: 'good', text: 'Open ports: __open__. Closed: __closed__.' },
  httpsToo: {
    level: 'good',
    text: 'It speaks HTTPS too, at port __port__; nobody on the network can then listen in.',
    field: 'protocol',
  },
  portsMoved: { level: 'good', text: 'Ports other than usual, as the device says: __ports__.' },
  misconfigured: { level: 'bad', text: '__reason__', remedy: 'Correct the field.' },
  useHttps: {
    level: 'bad',
    text: 'HTTPS answers at port __port__, but HTTP was tried.',
    remedy: 'Choose HTTPS.',
    field: 'protocol',
  },
  useHttp: {
    level: 'bad',
    text: 'Plain HTTP answers at port __port__, but HTTPS was tried.',
    remedy: 'Choose HTTP, or the port of HTTPS, usually 443.',
    field: 'protocol',
  },
  noWebServer: {
    level: 'bad',
    text: 'Port __port__ is open, but no web server answers there.',
    remedy:
      'Choose the port of HTTP, usually 80, or HSP for the command port, usually 8000; restart a device that hangs.',
    field: 'port',
  },
  otherPort: {
    level: 'bad',
    text: 'Nobody answers at port __port__, but the device is there: __open__.',
    remedy: 'Choose one of these as protocol and port, or switch the other one on in the device.',
    field: 'port',
  },
  loginDigest: { level: 'good', text: 'The password is never sent: login by Digest.' },
  loginBasic: {
    level: 'odd',
    text: 'The device offers only Basic, which sends the password readable over plain HTTP.',
    remedy: 'Set web authentication to digest on the device (System, Security), or use HTTPS.',
    field: 'allowBasic',
  },

  /* Its certificate */
  certificate: { level: 'good', text: 'Certificate of __subject__, valid until __until__, trusted.' },
  certificateExpired: {
    level: 'odd',
    text: 'The certificate of __subject__ is valid from __from__ until __until__ only.',
    remedy: 'Look at the clock of the device, then let it make a new certificate; its fingerprint changes with it.',
    field: 'tls',
  },
  certificateAny: {
    level: 'odd',
    text: 'Any certificate is accepted, so anybody in between can read the password.',
    remedy: 'Trust just this one: __fingerprint__',
    field: 'tls',
  },
  certificateChanged: {
    level: 'bad',
    text: 'Another certificate than the trusted one: __fingerprint__.',
    remedy:
      'Find out why: a reset or an update makes a new one, and so does somebody in between. Trust it only if you know.',
    field: 'fingerprint',
  },
  HIK_CERTIFICATE: {
    level: 'bad',
    text: 'The certificate is not trusted. __reason__',
    remedy: 'Compare the fingerprint with the one the device shows, then trust just this one.',
    field: 'tls',
  },

  /* User and password */
  unlocked: { level: 'good', text: 'The account is not locked; __left__ wrong passwords would lock it.' },
  weakPassword: {
    level: 'odd',
    text: 'The device calls its password weak.',
    remedy: "Change it on the device's web page, then here.",
    field: 'password',
  },
  passwordExpires: {
    level: 'odd',
    text: 'The password is good for another __days__ days.',
    remedy: "Change it on the device's web page, then here.",
    field: 'password',
  },
  HIK_AUTHENTICATION: {
    level: 'bad',
    text: 'User or password refused. __reason__',
    remedy: 'Correct it before trying again: devices lock the account after a few wrong attempts.',
    field: 'password',
  },
  passwordRefused: {
    level: 'bad',
    text: 'User or password refused. The device locks the account after __left__ more wrong ones.',
    remedy: 'Correct it before trying again.',
    field: 'password',
  },
  HIK_LOCKED: {
    level: 'bad',
    text: 'The device has locked the account for about __minutes__ min, until __until__.',
    remedy: 'Wait, and do not try meanwhile: each attempt begins the lock anew.',
  },
  HIK_PERMISSION: {
    level: 'bad',
    text: 'The user lacks a right. __reason__',
    remedy: 'Give the user the right on the device, or use another user.',
    field: 'user',
  },
  HIK_NOT_ACTIVATED: {
    level: 'bad',
    text: 'The device is not activated: it was never given a password.',
    remedy: "Set its first password with the device's web page.",
  },

  /* Failures */
  HIK_UNREACHABLE: {
    level: 'bad',
    text: 'Nobody answers. __reason__',
    remedy: 'Look at address, port and protocol, and whether the device is on; HTTP may be switched off on it.',
    field: 'host',
  },
  HIK_CONNECTION_LOST: { level: 'bad', text: 'The connection broke. __reason__', remedy: LOOK_AT_NETWORK },
  HIK_TIMEOUT: { level: 'bad', text: 'No answer in time. __reason__', remedy: LOOK_AT_NETWORK },
  HIK_BUSY: { level: 'bad', text: 'The device is busy. __reason__', remedy: 'Test again in a minute.' },
  HIK_TOO_MANY_SESSIONS: {
    level: 'bad',
    text: 'All places of the device are taken. __reason__',
    remedy: 'Close other programs that are connected to it.',
  },
  HIK_UNSUPPORTED: {
    level: 'bad',
    text: 'The device does not have this. __reason__',
    remedy: 'Choose another protocol or login.',
    field: 'protocol',
  },
  HIK_PROTOCOL: {
    level: 'bad',
    text: 'What answers makes no sense. __reason__',
    remedy: 'Look at address, port and protocol: it may be another kind of device.',
    field: 'port',
  },
  HIK_IDENTITY: {
    level: 'bad',
    text: 'Another device answers than before. __reason__',
    remedy: 'Look at the address: it may have gone to another device.',
    field: 'host',
  },
  other: { level: 'bad', text: '__reason__', remedy: LOOK_AT_NETWORK },

  /* Its clock */
  clock: { level: 'good', text: 'The clocks differ by __seconds__ s; time zone of the device: __zone__.' },
  clockAhead: { level: 'odd', text: 'The clock of the device is __seconds__ s ahead.', remedy: SET_CLOCK },
  clockBehind: { level: 'odd', text: 'The clock of the device is __seconds__ s behind.', remedy: SET_CLOCK },
  clockZone: {
    level: 'odd',
    text: 'The clock of the device is wrong by just __hours__ h: its time zone or summer time is __zone__.',
    remedy: "Run config.setTimeZone with hsp-command, or use the device's web page under System, Time.",
  },
  timeServer: { level: 'good', text: 'The clock follows a time server.' },
  noTimeServer: { level: 'odd', text: 'The clock follows no time server, so it will drift.', remedy: SET_CLOCK },

  /* Its events */
  ways: { level: 'good', text: 'Events come by: __ways__.' },
  pollingOnly: {
    level: 'odd',
    text: 'The device opens no line for events; some come by asking again and again: __ways__. __reason__',
    remedy: 'Look on the device for a user limit of the event stream, or let the device call us.',
    field: 'push',
  },
  noEvents: {
    level: 'bad',
    text: 'No events come. __reason__',
    remedy: "Give the user the right 'Remote: notify surveillance center', or let the device call us.",
    field: 'push',
  },
  moreWays: { level: 'good', text: 'Events could also come by: __ways__.' },
  push: {
    level: 'good',
    text: 'Path at which the device calls us, a secret: __url__',
    remedy: 'Needed only where we do not enter ourselves: event, push host, with the address of this computer.',
  },
  pushFull: {
    level: 'odd',
    text: 'All __count__ push hosts of the device are taken.',
    remedy: 'Free one with hsp-command, event.removePushHost.',
    field: 'push',
  },
  triggers: {
    level: 'good',
    text: 'All events that are set up notify the surveillance center, so they arrive.',
  },
  silentTriggers: {
    level: 'odd',
    text: '__count__ kinds of events do not notify the surveillance center, so they do not arrive: __names__.',
    remedy:
      "Tick 'Notify surveillance center' in the linked actions of each, or run event.notifyCenter with hsp-command.",
  },
  noTriggers: {
    level: 'odd',
    text: 'No event is set up on the device, so there is nothing to tell.',
    remedy: "Switch a detection on, on the device's web page under Event.",
  },

  /* What it records on */
  storage: { level: 'good', text: 'Disks: __disks__.' },
  diskProblem: {
    level: 'bad',
    text: 'Disk in trouble: __disks__.',
    remedy: "Look at the device's web page under Storage: format it, or replace it.",
  },
  noDisk: {
    level: 'odd',
    text: 'The recorder has no disk, so it records nothing.',
    remedy: 'Put a disk in, and format it.',
  },
  notRecording: {
    level: 'odd',
    text: 'There is a disk, but no schedule records on it: __channels__.',
    remedy: "Switch the schedule on, on the device's web page under Storage, Schedule.",
  },

  /* What is known of its firmware */
  ringHidden: {
    level: 'odd',
    text: 'With firmware 3.7 and an indoor station, some door stations tell nobody that it rings.',
    remedy: 'Try it; where a ring does not come, let the indoor station call, or connect that instead.',
  },
  panelFreezes: {
    level: 'odd',
    text: 'AX PRO with firmware 1.3 is known to hang when it is asked often.',
    remedy: 'Update it, and let no other program poll it.',
  },
} as const satisfies Readonly<Record<string, FindingWords>>;

export type FindingCode = keyof typeof FINDINGS;

/** As texts for people need it, and as it goes over the wire to a dialog. */
export interface Finding {
  readonly level: Level;
  /** Its words, and the remedy beside it, stand under it in {@link FINDINGS} and in the locale of the dialog. */
  readonly code: FindingCode;
  readonly values: Readonly<Record<string, string>>;
  /** The field of the dialog that mends it; null where none does. */
  readonly field: string | null;
}

export function finding(code: FindingCode, values: Readonly<Record<string, string>> = {}): Finding {
  const { level, field }: FindingWords = FINDINGS[code];
  return { level, code, values, field: field ?? null };
}

export function isFindingCode(code: string): code is FindingCode {
  return Object.hasOwn(FINDINGS, code);
}

/** A finding in English. */
export function wordsOf({ code, values }: Finding): { readonly text: string; readonly remedy: string | null } {
  const words: FindingWords = FINDINGS[code];
  const fill = (text: string) =>
    text.replace(/__([a-z]+)__/g, (_whole, name: string) => (Object.hasOwn(values, name) ? (values[name] ?? '') : ''));
  return { text: fill(words.text).trim(), remedy: words.remedy === undefined ? null : fill(words.remedy) };
}
