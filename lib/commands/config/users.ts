/** Users of the device, their lock, and our own password. */
import { all, booleanAt, find, formatXml, numberAt, setText, textAt, type XmlElement } from '../../codec/xml';
import { ArgumentError, NotFoundError, RefusedError, type HikvisionError } from '../../errors';
import { command, getDocument, putDocument, type CommandContext, type Steps } from '../command';
import { getNamed } from '../documents';

export interface User {
  readonly id: number | null;
  readonly name: string | null;
  /** Administrator, Operator, Viewer; the device's word. */
  readonly level: string | null;
}

export interface LockStatus {
  /** Null where the device tells nothing of locks. */
  readonly locked: boolean | null;
  readonly unlockSeconds: number | null;
  /** Wrong passwords that are left before it locks. */
  readonly attemptsLeft: number | null;
  readonly activated: boolean | null;
  readonly isDefaultPassword: boolean | null;
  readonly isRiskPassword: boolean | null;
  /** Days for which the password is still good; 0 where it does not run out. */
  readonly passwordDaysLeft: number | null;
}

export interface PasswordChange {
  readonly username: string;
  /** The connection is closed to the old password from now on. */
  readonly changed: true;
}

const USERS_PATH = '/ISAPI/Security/users';
const USER_CHECK_PATH = '/ISAPI/Security/userCheck';

function* readUsers(): Steps<XmlElement[]> {
  return all(yield* getNamed(USERS_PATH, 'UserList'), 'User');
}

function lockFrom(document: XmlElement): LockStatus {
  const word = textAt(document, 'lockStatus')?.toLowerCase();
  return {
    locked: word === undefined ? null : word === 'lock' || word === 'locked',
    unlockSeconds: numberAt(document, 'unlockTime') ?? numberAt(document, 'resLockTime'),
    attemptsLeft: numberAt(document, 'retryLoginTime') ?? numberAt(document, 'retryTimes'),
    activated: booleanAt(document, 'isActivated'),
    isDefaultPassword: booleanAt(document, 'isDefaultPassword'),
    isRiskPassword: booleanAt(document, 'isRiskPassword'),
    passwordDaysLeft: numberAt(document, 'residualValidity'),
  };
}

/** The rule of the vendor, so that nobody has to find it out by refusals (isapi.md §1.6). */
function problemOf(password: string, username: string): string | null {
  const kinds = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((kind) => kind.test(password)).length;
  if (password.length < 8 || password.length > 16 || kinds < 2) {
    return 'a password of 8 to 16 characters with at least two of small letters, capital letters, digits and signs';
  }
  const name = username.toLowerCase();
  const given = password.toLowerCase();
  return given === name || given === [...name].reverse().join('') ? 'another password than the user name' : null;
}

/** Asks for the current password where the device wants it; a device that does not know the element takes it without. */
function* changePassword({ password }: { password: string }, context: CommandContext): Steps<PasswordChange> {
  const { username } = context;
  const expected = problemOf(password, username);
  // What was given stays out of the message.
  if (expected !== null) throw new ArgumentError([{ parameter: 'password', given: '***', expected }]);
  const own = (yield* readUsers()).find((user) => textAt(user, 'userName') === username);
  const id = textAt(own, 'id');
  if (own === undefined || id === null) throw new NotFoundError(`${USERS_PATH}: the device does not list this user`);
  const path = `${USERS_PATH}/${encodeURIComponent(id)}`;
  const refusals: HikvisionError[] = [];
  for (const withLogin of [true, false]) {
    const document = yield* getNamed(path, 'User');
    setText(document, 'password', password);
    if (withLogin) setText(document, 'loginPassword', context.password());
    else if (find(document, 'loginPassword') !== undefined) break;
    try {
      yield* putDocument(path, formatXml(document));
      return { username, changed: true };
    } catch (error) {
      // Only a device that minds the document itself is asked again; a wrong right or a weak password stays one.
      if (!(error instanceof RefusedError)) throw error;
      refusals.push(error);
    }
  }
  throw refusals[0] ?? new RefusedError('the device did not take the password');
}

export const users = {
  listUsers: command({
    title: 'List users',
    summary: 'The users of the device with their level. Passwords never come back.',
    effect: 'read',
    params: {},
    *isapi(): Steps<readonly User[]> {
      return (yield* readUsers()).map((user) => ({
        id: numberAt(user, 'id'),
        name: textAt(user, 'userName'),
        level: textAt(user, 'userLevel'),
      }));
    },
    returns: 'The users: id, name, level.',
    paths: [USERS_PATH],
    source: ['ISAPI /ISAPI/Security/users', 'isapi.md §1.8'],
  }),

  lockStatus: command({
    title: 'Read the lock of the account',
    summary: 'Whether the account is locked after wrong passwords, how many are left, and how good the password is.',
    effect: 'read',
    params: {},
    *isapi(): Steps<LockStatus> {
      return lockFrom(yield* getDocument(USER_CHECK_PATH));
    },
    returns:
      'locked, unlockSeconds, attemptsLeft, activated, isDefaultPassword, isRiskPassword, passwordDaysLeft; null for what the device does not say.',
    paths: [USER_CHECK_PATH],
    source: ['ISAPI /ISAPI/Security/userCheck', 'isapi.md §1.2'],
  }),

  changePassword: command({
    title: 'Change our own password',
    summary:
      'Gives the user of this connection another password. The connection then refuses to work until it is opened with the new one, so that the old one cannot lock the account. Over http:// everybody on the network can read it.',
    effect: 'danger',
    example: { password: 'Example-2024' },
    params: {
      password: { kind: 'text', title: 'New password', description: 'With 8 to 16 characters.', maxLength: 64 },
    },
    isapi: changePassword,
    returns: 'The user, and that the password was changed.',
    paths: [USERS_PATH],
    source: ['ISAPI /ISAPI/Security/users', 'isapi.md §1.6, §1.8'],
  }),
} as const;
