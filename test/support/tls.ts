import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const read = (name: string) => readFileSync(resolve(__dirname, '../fixtures/tls', name), 'utf8');

/**
 * A self-signed certificate for 127.0.0.1, ::1 and localhost, good for 100 years, with its key: PEM texts for
 * `SimulatorOptions.tls`. Made for these tests, protects nothing; in the repository because Node alone cannot make one.
 */
export const testCertificate = { key: read('device.key.pem'), cert: read('device.cert.pem') };
