import { hasEnvironment } from '../shared/checks';

interface ConfigProperties {
  name?: string | undefined;
  host: string;
  port: string;
  protocol: string;
  tls: string;
  caFile: string;
  fingerprint: string;
  allowBasic: boolean;
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

function isPort(value: string | number): boolean {
  const port = String(value).trim();
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
};

function isSecureProtocol(protocol: string): boolean {
  return protocol === 'https' || protocol === 'hsps';
}

RED.nodes.registerType<ConfigProperties, ConfigCredentials>('hsp-config', {
  category: 'config',
  defaults: {
    name: { value: '' },
    host: { value: '', required: true, validate: isHost },
    port: { value: '', validate: isPort },
    protocol: { value: 'http' },
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
  },
  credentials: { user: { type: 'text' }, password: { type: 'password' } },
  label() {
    return this.name || this.host || String(this._('hsp-config.label.unnamed'));
  },
  oneditprepare() {
    const protocol = $('#node-config-input-protocol');
    const tls = $('#node-config-input-tls');
    const basic = $('#node-config-input-allowBasic');
    const update = () => {
      const chosen = String(protocol.val());
      const isSecure = isSecureProtocol(chosen);
      const choice = String(tls.val());
      $('#node-config-input-port').attr('placeholder', USUAL_PORTS[chosen] ?? '80');
      $('#hsp-config-tls').toggle(isSecure);
      $('#hsp-config-ca').toggle(choice === 'ca');
      $('#hsp-config-fingerprint').toggle(choice === 'fingerprint');
      $('#hsp-config-any').toggle(choice === 'any');
      $('#hsp-config-basic').toggle(chosen === 'http' || chosen === 'auto');
      $('#hsp-config-command-port').toggle(chosen === 'hsp' || chosen === 'hsps' || chosen === 'auto');
      $('#hsp-config-basic-warning').toggle(basic.is(':checked'));
    };
    protocol.on('change', update);
    tls.on('change', update);
    basic.on('change', update);
    update();
  },
});
