import { ADDRESS_FIELDS, hasEnvironment } from '../shared/checks';
import { askRuntime, problemText } from '../shared/editor/ask';
import {
  showCertificate,
  showFound,
  showReport,
  type Certificate,
  type Examination,
  type FoundDevice,
} from '../shared/editor/report';
import type { Translate } from '../shared/editor/fields';

interface ConfigProperties {
  name?: string | undefined;
  host: string;
  port: string;
  protocol: string;
  deviceId: string;
  tls: string;
  caFile: string;
  fingerprint: string;
  allowBasic: boolean;
  login: string;
  push: string;
  pushPort: string;
  pushKeyFile: string;
  pushCertFile: string;
  pushEnter: boolean;
  calledAt: string;
  merge: boolean;
  site: boolean;
}

interface ConfigCredentials {
  user: string;
  password: string;
}

/** A host alone. Someone who pastes an address from the browser is told here, not by a failing connection. */
function isHost(value: string): boolean {
  const host = value.trim();
  return host !== '' && (hasEnvironment(host) || !/[\s/\\@?#]/.test(host));
}

function isPort(value: string | number | undefined): boolean {
  const port = String(value ?? '').trim();
  return port === '' || hasEnvironment(port) || (/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535);
}

function isFingerprint(value: string): boolean {
  return hasEnvironment(value) || /^([0-9a-f]{2}:?){32}$/i.test(value.trim());
}

const USUAL_PORTS: Readonly<Record<string, string>> = {
  http: '80',
  https: '443',
  hsp: '8000',
  hsps: '8443',
  auto: '80',
  ehome: '7660',
};

function isSecureProtocol(protocol: string): boolean {
  return protocol === 'https' || protocol === 'hsps';
}

/** Flows from before these fields existed lack them; they mean what the runtime takes them for. */
const LATER: Partial<ConfigProperties> = { login: 'auto', push: 'off', pushEnter: true, merge: true, site: true };

RED.nodes.registerType<ConfigProperties, ConfigCredentials>('hsp-config', {
  category: 'config',
  defaults: {
    name: { value: '' },
    host: {
      value: '',
      validate(this: ConfigProperties, value: string) {
        return this.protocol === 'ehome' || isHost(value);
      },
    },
    port: { value: '', validate: isPort },
    protocol: { value: 'http' },
    deviceId: {
      value: '',
      validate(this: ConfigProperties, value: string) {
        return this.protocol !== 'ehome' || hasEnvironment(value) || /^[\w.-]{1,64}$/.test((value ?? '').trim());
      },
    },
    tls: { value: 'system' },
    caFile: {
      value: '',
      validate(this: ConfigProperties, value: string) {
        return !isSecureProtocol(this.protocol) || this.tls !== 'ca' || value.trim() !== '';
      },
    },
    fingerprint: {
      value: '',
      validate(this: ConfigProperties, value: string) {
        return !isSecureProtocol(this.protocol) || this.tls !== 'fingerprint' || isFingerprint(value);
      },
    },
    allowBasic: { value: false },
    login: { value: 'auto' },
    push: { value: 'off' },
    pushPort: { value: '', validate: isPort },
    pushKeyFile: { value: '' },
    pushCertFile: { value: '' },
    pushEnter: { value: true },
    calledAt: {
      value: '',
      validate(this: ConfigProperties, value: string) {
        const isWanted = (this.push === 'own' || this.push === 'mounted') && this.pushEnter !== false;
        return !isWanted || this.protocol === 'ehome' || (value ?? '').trim() !== '';
      },
    },
    merge: { value: true },
    site: { value: true },
  },
  credentials: { user: { type: 'text' }, password: { type: 'password' } },
  label() {
    const address = this.protocol === 'ehome' ? this.deviceId : this.host;
    return this.name || address || String(this._('hsp-config.label.unnamed'));
  },
  oneditprepare() {
    const translateAny: Translate = (key, values) => String(this._(key, values));
    const translate: Translate = (key, values) => translateAny(`hsp-config.${key}`, values);
    const field = (name: string) => $(`#node-config-input-${name}`);
    for (const [name, usual] of Object.entries(LATER)) {
      if (this[name as keyof ConfigProperties] !== undefined) continue;
      if (typeof usual === 'boolean') field(name).prop('checked', usual);
      else field(name).val(String(usual));
    }
    const update = () => {
      const chosen = String(field('protocol').val());
      const isSecure = isSecureProtocol(chosen);
      const dialsIn = chosen === 'ehome';
      const certificate = String(field('tls').val());
      const push = String(field('push').val());
      field('port').attr('placeholder', USUAL_PORTS[chosen] ?? '80');
      $('#hsp-config-port-label').text(translate(dialsIn ? 'label.udpPort' : 'label.port'));
      $('.hsp-config-ehome').toggle(dialsIn);
      $('#hsp-config-host, #hsp-config-found, #hsp-config-login, #hsp-config-testing, #hsp-config-report').toggle(
        !dialsIn,
      );
      $('#hsp-config-login-way').toggle(chosen === 'http' || chosen === 'https' || chosen === 'auto');
      $('#hsp-config-tls').toggle(isSecure);
      $('#hsp-config-ca').toggle(certificate === 'ca');
      $('#hsp-config-fingerprint').toggle(certificate === 'fingerprint');
      $('#hsp-config-any').toggle(certificate === 'any');
      $('#hsp-config-basic').toggle(chosen === 'http' || chosen === 'auto');
      $('#hsp-config-command-port').toggle(chosen === 'hsp' || chosen === 'hsps' || chosen === 'auto');
      $('#hsp-config-basic-warning').toggle(field('allowBasic').is(':checked'));
      $('#hsp-config-mounted').toggle(push === 'mounted');
      $('#hsp-config-own').toggle(push === 'own');
      $('#hsp-config-entering').toggle(push !== 'off' && !dialsIn);
      $('#hsp-config-called-at').toggle(field('pushEnter').is(':checked'));
    };
    for (const name of ['protocol', 'tls', 'allowBasic', 'push', 'pushEnter']) field(name).on('change', update);
    update();

    const found = $('#hsp-config-found');
    const report = $('#hsp-config-report');
    const shown = $('#hsp-config-certificate');
    // What was shown of another address would be no help.
    const forget = () => void shown.empty();
    for (const name of ['host', 'port', 'protocol']) field(name).on('change', forget);

    $('#hsp-config-find').on('click', () => {
      found.text(translate('find.searching'));
      void askRuntime<FoundDevice[]>('hsp/discover', {}, $('#hsp-config-find')).then((answer) => {
        if ('problem' in answer) found.text(problemText(answer, translateAny));
        else {
          showFound(found, answer, translate, ({ address, port, model }) => {
            report.empty();
            field('host').val(address).trigger('change').trigger('focus');
            const isHttp = field('protocol').val() === 'http';
            field('port')
              .val(isHttp && port !== null && port !== 80 ? String(port) : '')
              .trigger('change');
            if (String(field('name').val()).trim() === '' && model !== null) field('name').val(model).trigger('change');
          });
        }
      });
    });

    const fieldsNow = () => {
      const fields = Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, String(field(name).val() ?? '')]));
      return { ...fields, allowBasic: field('allowBasic').is(':checked') };
    };
    const linkTo = (name: string) => {
      const target = field(name);
      if (!target.is(':visible')) return null;
      const label = $(`label[for="node-config-input-${name}"]`).text().trim();
      return { label, go: () => void target.trigger('focus') };
    };
    $('#hsp-config-test').on('click', () => {
      report.text(translate('test.running'));
      const question = {
        id: this.id,
        fields: fieldsNow(),
        user: String(field('user').val() ?? ''),
        password: String(field('password').val() ?? ''),
      };
      void askRuntime<Examination>('hsp/test', question, $('#hsp-config-test')).then((answer) => {
        if ('problem' in answer) report.text(problemText(answer, translateAny));
        else showReport(report, answer, translate, linkTo);
      });
    });

    $('#hsp-config-show').on('click', () => {
      shown.text(translate('certificate.asking'));
      const question = { id: this.id, fields: fieldsNow() };
      void askRuntime<Certificate>('hsp/certificate', question, $('#hsp-config-show')).then((answer) => {
        // A certificate that is not trusted has a problem of its own, in the word of OpenSSL.
        if (!('fingerprint' in answer)) {
          shown.text(problemText(answer, translateAny));
          return;
        }
        const trusted = field('tls').val() === 'fingerprint' ? String(field('fingerprint').val()).trim() : '';
        showCertificate(shown, answer, translate, {
          trusted,
          nowMs: Date.now(),
          onTrust: () => {
            field('tls').val('fingerprint').trigger('change');
            field('fingerprint').val(answer.fingerprint).trigger('change').trigger('focus');
            shown.text(translate('certificate.used'));
          },
        });
      });
    });
  },
});
