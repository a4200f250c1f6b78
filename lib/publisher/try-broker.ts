/** Connects to a broker once, for a person who looks on, and says what became of it. Nothing is published or subscribed. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock';
import { BrokerLink, type BrokerOptions } from './broker';

export type BrokerVerdict =
  | { readonly isLetIn: true; readonly broker: string; readonly version: '5' | '3.1.1' }
  | {
      readonly isLetIn: false;
      /** `refused`: user, password or rights. `certificate`: TLS. `slow`: no answer within the time. */
      readonly problem: 'refused' | 'certificate' | 'unreachable' | 'slow';
      /** For people; never holds a password. */
      readonly reason: string;
    };

/** Words of Node.js and OpenSSL for TLS that did not come about. */
const TLS_WORDS = /certificate|self.signed|\bssl\b|\btls\b|EPROTO|altname/i;

/** @param forMs how long is waited. A name of its own is used, so that no bridge is thrown out. */
export function tryBroker(
  options: Omit<BrokerOptions, 'clientId'>,
  clock: Clock,
  forMs: number,
): Promise<BrokerVerdict> {
  const clientId = `hsp-test-${randomBytes(6).toString('hex')}`;
  return new Promise((resolve) => {
    let isDecided = false;
    const decide = (verdict: BrokerVerdict) => {
      if (isDecided) return;
      isDecided = true;
      timer.cancel();
      void link.close().then(() => resolve(verdict));
    };
    const timer = clock.after(forMs, () => decide({ isLetIn: false, problem: 'slow', reason: '' }));
    const link = new BrokerLink({ ...options, clientId }, null, clock, Math.random, {
      onConnected: () => undefined,
      onLost: () => undefined,
      onMessage: () => undefined,
      onState: (state) => {
        if (state.state === 'connected') {
          const { broker, version } = state;
          decide({ isLetIn: true, broker, version });
        } else if (state.state === 'refused') {
          decide({ isLetIn: false, problem: 'refused', reason: state.reason });
        } else if (state.state === 'lost' && state.retryAtMs > clock.now()) {
          // One that is tried again at once did not know the newer version of MQTT.
          const problem = TLS_WORDS.test(state.reason) ? 'certificate' : 'unreachable';
          decide({ isLetIn: false, problem, reason: state.reason });
        }
      },
    });
    link.start();
  });
}
