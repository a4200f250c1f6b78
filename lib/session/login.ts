/** Logging in to the command port: two requests and replies on one connection, in whichever mode the device asks for. */
import type { Clock } from '../clock';
import type { AuthSession } from '../codec/auth-word';
import { isOldSdk } from '../codec/frame';
import {
  challengeText,
  decodeChallenge,
  decodeLoginReply,
  encodeLoginRequest1,
  encodeLoginRequest2,
  type Challenge,
  type Credentials,
} from '../codec/login-messages';
import { RET_VAL, retValError } from '../codec/message';
import { firstIpChannels, type PortDevice } from '../commands/port';
import type { CommandPort } from '../transport/command-port';
import type { LockState } from '../transport/gate';
import { decryptLoginMessage, generateLoginKeys, type LoginKeys } from './login-crypto';

export type LoginMode = Exclude<Challenge['mode'], 'refused'>;

/** A session at the device. The challenge and the seed are secrets. */
export interface PortSession extends AuthSession {
  readonly mode: LoginMode;
  /** On the monotonic clock. */
  readonly sinceMs: number;
  /** The device is so old that it takes the login interface and the plain sum. */
  readonly isOld: boolean;
  readonly device: PortDevice;
}

export type LoginResult = { readonly session: PortSession } | { readonly refused: LockState | null };

/** Hands out key pairs, each once; the next one is made while nobody waits for it. */
export class LoginKeySupply {
  private next: Promise<LoginKeys> | null = null;

  constructor(private readonly generate: () => Promise<LoginKeys> = generateLoginKeys) {}

  prepare(): void {
    if (this.next !== null) return;
    this.next = this.generate();
    // Whoever takes it hears of the failure.
    this.next.catch(() => undefined);
  }

  take(): Promise<LoginKeys> {
    this.prepare();
    const taken = this.next as Promise<LoginKeys>;
    this.next = null;
    return taken;
  }
}

/**
 * Logs in once.
 *
 * @returns the session, or the refusal of user or password. @throws every other failure; none of them is about the password.
 */
export async function login(
  port: CommandPort,
  credentials: Credentials,
  supply: LoginKeySupply,
  clock: Clock,
): Promise<LoginResult> {
  const context = { device: port.place, operation: 'login' };
  const keysSoon = supply.take();
  keysSoon.catch(() => undefined); // heard of below, unless the connection fails first
  return port.converse(
    async (ask) => {
      const { publicKey, privateKey } = await keysSoon;
      const challenge = decodeChallenge(
        await ask((clientIp) => encodeLoginRequest1({ user: credentials.user, publicKey }, { clientIp })),
      );
      if (challenge.mode === 'refused') return refusal(challenge.retVal);
      const text =
        challenge.mode === 'legacy'
          ? challenge.challenge
          : challengeText(decryptLoginMessage(privateKey, challenge.ciphertext));
      const salt = challenge.mode === 'rsaSalt' ? challenge.salt : null;
      const outcome = decodeLoginReply(
        await ask((clientIp) => encodeLoginRequest2(text, credentials, salt, { clientIp })),
      );
      if (!outcome.accepted) return refusal(outcome.retVal);
      const { reply } = outcome;
      return {
        session: {
          mode: challenge.mode,
          sinceMs: clock.monotonic(),
          userId: reply.userId,
          seed: reply.seed,
          challenge: text,
          deviceClock: challenge.deviceClock,
          // A device that does not say its version is taken for a current one.
          isOld: reply.sdkVersion !== 0 && isOldSdk(reply.sdkVersion),
          device: {
            serial: reply.serial === '' ? null : reply.serial,
            analogChannels: reply.analogChannels,
            firstChannel: reply.firstChannel,
            ipChannels: reply.ipChannels,
            // The reply says it only in a part that nobody knows for sure (M).
            firstIpChannel: firstIpChannels(reply)[0] as number,
          },
        },
      };
    },
    { operation: 'login' },
  );

  function refusal(retVal: number): LoginResult {
    if (retVal === RET_VAL.wrongPassword) return { refused: null };
    if (retVal === RET_VAL.userLocked) return { refused: { locked: true, unlockSeconds: null, attemptsLeft: null } };
    throw retValError(retVal, context, clock.now());
  }
}
