/** RSA of the login: a fresh key pair for each login, and the challenge out of its ciphertext. */
import { constants, generateKeyPair as generate, privateDecrypt, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { PUBLIC_KEY_BYTES, RSA_BYTES } from '../codec/login-messages';
import { ProtocolError } from '../errors';

const generateRsa = promisify(generate) as (
  type: 'rsa',
  options: { modulusLength: number; publicExponent: number },
) => Promise<{ publicKey: KeyObject; privateKey: KeyObject }>;

export interface LoginKeys {
  /** PKCS#1 DER, 140 bytes, as request 1 carries it. */
  readonly publicKey: Buffer;
  readonly privateKey: KeyObject;
}

/**
 * Makes a key pair in the thread pool: the event loop is free meanwhile. 1024 bits is what the protocol asks for; the key lives
 * for one login.
 */
export async function generateLoginKeys(): Promise<LoginKeys> {
  const { publicKey, privateKey } = await generateRsa('rsa', { modulusLength: 8 * RSA_BYTES, publicExponent: 65_537 });
  const der = publicKey.export({ type: 'pkcs1', format: 'der' });
  if (der.length !== PUBLIC_KEY_BYTES) throw new RangeError(`a public key of ${der.length} bytes`);
  return { publicKey: der, privateKey };
}

/**
 * The message in a PKCS#1 v1.5 ciphertext of 128 bytes. Node refuses that padding since CVE-2023-46809, so the padding is taken
 * off here; the timing that the CVE is about does not matter for a key that is used once, by whoever made it.
 *
 * @throws ProtocolError when the ciphertext does not belong to the key.
 */
export function decryptLoginMessage(privateKey: KeyObject, ciphertext: Uint8Array): Buffer {
  if (ciphertext.length !== RSA_BYTES) throw new ProtocolError(`a ciphertext of ${ciphertext.length} bytes`, 0);
  let padded: Buffer;
  try {
    padded = privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, ciphertext);
  } catch (cause) {
    throw new ProtocolError('the ciphertext cannot be decrypted', 0, { cause });
  }
  return unpadPkcs1(padded);
}

const MIN_PADDING_BYTES = 8;

/**
 * The message in `00 02`, at least eight bytes of padding that are not zero, `00`, message.
 * @throws ProtocolError with the byte where that form ends.
 */
export function unpadPkcs1(padded: Uint8Array): Buffer {
  if (padded[0] !== 0) throw new ProtocolError('no PKCS#1 message', 0);
  if (padded[1] !== 2) throw new ProtocolError('no encrypted PKCS#1 message', 1);
  const end = padded.indexOf(0, 2);
  if (end === -1) throw new ProtocolError('the padding does not end', padded.length);
  if (end < 2 + MIN_PADDING_BYTES) throw new ProtocolError('the padding is too short', end);
  return Buffer.from(padded.subarray(end + 1));
}
