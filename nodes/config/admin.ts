/** What the dialog of a device asks of the runtime: devices on the network, a test of the connection, a certificate. */
import type { NodeAPI } from 'node-red';
import {
  certificateAt,
  discover,
  examine,
  parseDeviceUrl,
  systemClock,
  type Finding,
  type Found,
} from '../../lib/index';
import { answerQuestions, atMost, Refusal, type Question } from '../shared/admin';
import { askedDevice } from '../shared/asked-device';

/** What the dialog shows of a device that was found. */
interface ListedDevice {
  readonly model: string | null;
  readonly address: string;
  readonly port: number | null;
  readonly firmware: string | null;
  readonly activated: boolean | null;
}

export interface AdminDependencies {
  readonly findDevices: () => Promise<readonly Found[]>;
}

/** How long answers are waited for: people look on. */
const DISCOVERY_MS = 4_000;
/** Tests that run at a time. */
const MAX_TESTS = 4;
const CERTIFICATE_MS = 8_000;

const RIGHT = 'hsp-config.write';

const standard: AdminDependencies = {
  findDevices: () => discover({ clock: systemClock, forMs: DISCOVERY_MS }),
};

export function serveAdmin(RED: NodeAPI, { findDevices }: AdminDependencies = standard): void {
  let searching: Promise<readonly ListedDevice[]> | null = null;
  answerQuestions(RED, '/hsp/discover', RIGHT, () => {
    // Whoever asks meanwhile gets the same answer.
    searching ??= findDevices()
      .then((devices) => devices.map(listed))
      .finally(() => (searching = null));
    return searching;
  });
  answerQuestions(
    RED,
    '/hsp/test',
    RIGHT,
    atMost(MAX_TESTS, (question) => test(RED, question)),
  );
  answerQuestions(
    RED,
    '/hsp/certificate',
    RIGHT,
    atMost(MAX_TESTS, (question) => certificate(RED, question)),
  );
}

function listed({ model, ipv4, from, httpPort, firmware, activated }: Found): ListedDevice {
  return { model, address: ipv4 ?? from, port: httpPort, firmware, activated };
}

/** Tests what stands in the dialog, deployed or not. */
async function test(RED: NodeAPI, question: Question): Promise<unknown> {
  const { settings, deployed } = askedDevice(RED, question);
  if ('problem' in settings)
    return { device: null, services: [], certificate: null, ways: [], findings: [misconfigured(settings.problem)] };
  if (settings.dialIn !== undefined) throw new Refusal(422, 'dialIn');
  return examine(settings.options, { clock: systemClock, pushUrl: deployed?.pushPath ?? null });
}

function misconfigured(reason: string): Finding {
  return { level: 'bad', code: 'misconfigured', values: { reason }, field: null };
}

/** What is shown at the host and port of the dialog; no user and no password go along. */
async function certificate(RED: NodeAPI, question: Question): Promise<unknown> {
  const given = typeof question.fields === 'object' && question.fields !== null ? question.fields : {};
  // Which one is to be trusted is what the question is about.
  const fields = { ...given, tls: 'any' };
  const { settings } = askedDevice(RED, { id: question.id, fields, user: '', password: '' });
  if ('problem' in settings) throw new Refusal(422, 'misconfigured');
  if (settings.dialIn !== undefined) throw new Refusal(422, 'dialIn');
  const { protocol, host, port } = parseDeviceUrl(settings.options.url);
  if (protocol !== 'https' && protocol !== 'hsps') throw new Refusal(422, 'misconfigured');
  return certificateAt(systemClock, { host, port }, CERTIFICATE_MS);
}
