/**
 * What the pair (major, minor) of an access event means. One table for live events, for the search in the history and for the
 * simulator. Source: isapi.md §7.2 and the MINOR_* names of the vendor's HCNetSDK.h, which ISAPI uses as they are.
 */

/**
 * - `access`: somebody was let in or not; the others tell what a door, the device, a fault or an operator did.
 */
export type AccessCategory = 'access' | 'door' | 'call' | 'alarm' | 'fault' | 'operation' | 'other';

/** How somebody proved who they are. */
export type VerifyMethod =
  | 'card'
  | 'pin'
  | 'fingerprint'
  | 'face'
  | 'cardAndPin'
  | 'cardAndFingerprint'
  | 'cardFingerprintAndPin'
  | 'fingerprintAndPin'
  | 'employeeNoAndFingerprint'
  | 'employeeNoFingerprintAndPin'
  | 'employeeNoAndFace'
  | 'employeeNoAndPin'
  | 'identityCard'
  | 'dynamicCode'
  | 'combined';

export interface AccessMeaning {
  /** Stable word of ours: `cardGranted`, `doorForced`; `unknown` for a pair that this table does not know. */
  readonly key: string;
  readonly category: AccessCategory;
  /** Null where nobody asked to be let in. */
  readonly granted: boolean | null;
  /** Why not; null where it was granted, or no reason is told. */
  readonly reason: string | null;
  /** What was shown; null where the pair does not tell. */
  readonly method: VerifyMethod | null;
}

export const ACCESS_MAJORS = { alarm: 1, exception: 2, operation: 3, event: 5 } as const;

export type AccessMajor = keyof typeof ACCESS_MAJORS;

const told = (key: string, category: AccessCategory): AccessMeaning => ({
  key,
  category,
  granted: null,
  reason: null,
  method: null,
});
const granted = (key: string, method: VerifyMethod | null): AccessMeaning => ({
  key,
  category: 'access',
  granted: true,
  reason: null,
  method,
});
const denied = (key: string, reason: string, method: VerifyMethod | null = null): AccessMeaning => ({
  key,
  category: 'access',
  granted: false,
  reason,
  method,
});

const EVENTS: Readonly<Record<number, AccessMeaning>> = {
  0x01: granted('cardGranted', 'card'),
  0x02: granted('cardAndPinGranted', 'cardAndPin'),
  0x03: denied('cardAndPinDenied', 'wrongPin', 'cardAndPin'),
  0x04: denied('cardAndPinTimeout', 'timeout', 'cardAndPin'),
  0x05: denied('cardAndPinTooManyAttempts', 'tooManyAttempts', 'cardAndPin'),
  0x06: denied('cardNoPermission', 'noPermission', 'card'),
  0x07: denied('cardOutsideTime', 'outsideTime', 'card'),
  0x08: denied('cardExpired', 'expired', 'card'),
  0x09: denied('cardUnknown', 'unknownCard', 'card'),
  0x0a: denied('antiPassback', 'antiPassback'),
  0x0b: denied('interlock', 'interlock'),
  0x0c: denied('multiAuthNotInGroup', 'notInGroup'),
  0x0d: denied('multiAuthOutsideTime', 'outsideTime'),
  0x0e: denied('multiAuthWrongSuperPassword', 'wrongPassword'),
  0x0f: denied('multiAuthRemoteDenied', 'remoteDenied'),
  0x10: granted('multiAuthGranted', null),
  0x11: told('firstCardOpenBegin', 'door'),
  0x12: told('firstCardOpenEnd', 'door'),
  0x13: told('heldOpenBegin', 'door'),
  0x14: told('heldOpenEnd', 'door'),
  0x15: told('unlocked', 'door'),
  0x16: told('locked', 'door'),
  0x17: told('exitButtonPressed', 'door'),
  0x18: told('exitButtonReleased', 'door'),
  0x19: told('doorContactOpen', 'door'),
  0x1a: told('doorContactClosed', 'door'),
  0x1b: told('doorForced', 'alarm'),
  0x1c: told('doorOpenTooLong', 'alarm'),
  0x1d: told('alarmOutputOn', 'other'),
  0x1e: told('alarmOutputOff', 'other'),
  0x1f: told('heldClosedBegin', 'door'),
  0x20: told('heldClosedEnd', 'door'),
  0x21: told('multiAuthNeedsRemote', 'access'),
  0x22: granted('multiAuthSuperPasswordGranted', 'pin'),
  0x23: denied('multiAuthRepeated', 'repeated'),
  0x24: denied('multiAuthTimeout', 'timeout'),
  0x25: told('doorbell', 'call'),
  0x26: granted('fingerprintGranted', 'fingerprint'),
  0x27: denied('fingerprintDenied', 'noMatch', 'fingerprint'),
  0x28: granted('cardAndFingerprintGranted', 'cardAndFingerprint'),
  0x29: denied('cardAndFingerprintDenied', 'noMatch', 'cardAndFingerprint'),
  0x2a: denied('cardAndFingerprintTimeout', 'timeout', 'cardAndFingerprint'),
  0x2b: granted('cardFingerprintAndPinGranted', 'cardFingerprintAndPin'),
  0x2c: denied('cardFingerprintAndPinDenied', 'noMatch', 'cardFingerprintAndPin'),
  0x2d: denied('cardFingerprintAndPinTimeout', 'timeout', 'cardFingerprintAndPin'),
  0x2e: granted('fingerprintAndPinGranted', 'fingerprintAndPin'),
  0x2f: denied('fingerprintAndPinDenied', 'noMatch', 'fingerprintAndPin'),
  0x30: denied('fingerprintAndPinTimeout', 'timeout', 'fingerprintAndPin'),
  0x31: denied('fingerprintUnknown', 'unknownFingerprint', 'fingerprint'),
  0x32: told('cardCheckedByPlatform', 'access'),
  0x33: told('callCenter', 'call'),
  0x34: told('fireOpenedDoor', 'alarm'),
  0x35: told('fireOpenEnded', 'door'),
  0x45: granted('employeeNoAndFingerprintGranted', 'employeeNoAndFingerprint'),
  0x46: denied('employeeNoAndFingerprintDenied', 'noMatch', 'employeeNoAndFingerprint'),
  0x47: denied('employeeNoAndFingerprintTimeout', 'timeout', 'employeeNoAndFingerprint'),
  0x48: granted('employeeNoFingerprintAndPinGranted', 'employeeNoFingerprintAndPin'),
  0x49: denied('employeeNoFingerprintAndPinDenied', 'noMatch', 'employeeNoFingerprintAndPin'),
  0x4a: denied('employeeNoFingerprintAndPinTimeout', 'timeout', 'employeeNoFingerprintAndPin'),
  0x4b: granted('faceGranted', 'face'),
  0x4c: denied('faceDenied', 'noMatch', 'face'),
  0x4d: granted('employeeNoAndFaceGranted', 'employeeNoAndFace'),
  0x4e: denied('employeeNoAndFaceDenied', 'noMatch', 'employeeNoAndFace'),
  0x4f: denied('employeeNoAndFaceTimeout', 'timeout', 'employeeNoAndFace'),
  0x50: denied('faceNotRecognized', 'notRecognized', 'face'),
  0x51: told('firstCardAuthorizationBegin', 'door'),
  0x52: told('firstCardAuthorizationEnd', 'door'),
  0x53: told('lockInputShortCircuit', 'fault'),
  0x54: told('lockInputOpenCircuit', 'fault'),
  0x55: told('lockInputFault', 'fault'),
  0x56: told('contactInputShortCircuit', 'fault'),
  0x57: told('contactInputOpenCircuit', 'fault'),
  0x58: told('contactInputFault', 'fault'),
  0x59: told('exitButtonShortCircuit', 'fault'),
  0x5a: told('exitButtonOpenCircuit', 'fault'),
  0x5b: told('exitButtonFault', 'fault'),
  0x5c: told('unlockFault', 'fault'),
  0x5d: told('unlockTimeout', 'fault'),
  0x65: granted('employeeNoAndPinGranted', 'employeeNoAndPin'),
  0x66: denied('employeeNoAndPinDenied', 'wrongPin', 'employeeNoAndPin'),
  0x67: denied('employeeNoAndPinTimeout', 'timeout', 'employeeNoAndPin'),
  0x68: denied('noLiveFace', 'noLiveFace', 'face'),
  0x69: granted('identityCardGranted', 'identityCard'),
  0x70: denied('identityCardDenied', 'noMatch', 'identityCard'),
  0x71: denied('identityCardBlocked', 'blockList', 'identityCard'),
  0x75: denied('doorDormant', 'doorDormant'),
  0x76: denied('planDormant', 'planDormant'),
  0x85: told('tailgating', 'alarm'),
  0x86: told('wrongDirection', 'alarm'),
  0x87: told('turnstileForced', 'alarm'),
  0x88: told('turnstileClimbed', 'alarm'),
  0x89: told('passageTimeout', 'door'),
  0x8a: told('turnstileIntrusion', 'alarm'),
  0x8b: denied('freePassageNotAuthorized', 'noPermission'),
  0x8c: told('turnstileBlocked', 'fault'),
  0x8d: told('turnstileFreed', 'fault'),
  0x97: denied('pinDenied', 'wrongPin', 'pin'),
  0x98: denied('employeeNoUnknown', 'unknownPerson'),
  0x99: granted('combinedGranted', 'combined'),
  0x9a: denied('combinedTimeout', 'timeout', 'combined'),
  0x9b: denied('verifyModeMismatch', 'wrongMethod'),
  0xb5: granted('pinGranted', 'pin'),
};

const ALARMS: Readonly<Record<number, AccessMeaning>> = {
  0x400: told('zoneShortCircuit', 'fault'),
  0x401: told('zoneOpenCircuit', 'fault'),
  0x402: told('zoneFault', 'fault'),
  0x403: told('zoneRestored', 'fault'),
  0x404: told('deviceTamper', 'alarm'),
  0x405: told('deviceTamperRestored', 'alarm'),
  0x406: told('readerTamper', 'alarm'),
  0x407: told('readerTamperRestored', 'alarm'),
  0x408: told('eventInputOn', 'alarm'),
  0x409: told('eventInputOff', 'alarm'),
  0x40a: told('duress', 'alarm'),
  0x40b: told('memoryNearlyFull', 'fault'),
  0x40c: told('tooManyFailedAttempts', 'alarm'),
  0x40d: told('memoryCardFull', 'fault'),
  0x40f: told('securityModuleTamper', 'alarm'),
  0x410: told('securityModuleTamperRestored', 'alarm'),
  0x415: told('fireInputShortCircuit', 'fault'),
  0x416: told('fireInputOpenCircuit', 'fault'),
  0x417: told('fireInputRestored', 'fault'),
  0x418: told('fireButtonPressed', 'alarm'),
  0x419: told('fireButtonReleased', 'alarm'),
  0x41c: told('panicButtonPressed', 'alarm'),
  0x41d: told('panicButtonReleased', 'alarm'),
};

const EXCEPTIONS: Readonly<Record<number, AccessMeaning>> = {
  0x27: told('networkLost', 'fault'),
  0x3a: told('busDeviceFault', 'fault'),
  0x3b: told('busDeviceRestored', 'fault'),
  0x400: told('powerOn', 'fault'),
  0x401: told('powerOff', 'fault'),
  0x402: told('watchdogReset', 'fault'),
  0x403: told('batteryLow', 'fault'),
  0x404: told('batteryRestored', 'fault'),
  0x405: told('mainsLost', 'fault'),
  0x406: told('mainsRestored', 'fault'),
  0x407: told('networkRestored', 'fault'),
  0x408: told('flashFault', 'fault'),
  0x409: told('readerOffline', 'fault'),
  0x40a: told('readerOnline', 'fault'),
  0x428: told('localLoginLocked', 'alarm'),
  0x429: told('localLoginUnlocked', 'alarm'),
};

const OPERATIONS: Readonly<Record<number, AccessMeaning>> = {
  0x50: told('localLogin', 'operation'),
  0x51: told('localLogout', 'operation'),
  0x5a: told('localUpgrade', 'operation'),
  0x70: told('remoteLogin', 'operation'),
  0x71: told('remoteLogout', 'operation'),
  0x79: told('remoteArm', 'operation'),
  0x7a: told('remoteDisarm', 'operation'),
  0x7b: told('remoteReboot', 'operation'),
  0x7e: told('remoteUpgrade', 'operation'),
  0x86: told('configurationExported', 'operation'),
  0x87: told('configurationImported', 'operation'),
  0xd6: told('remoteOutputOn', 'operation'),
  0xd7: told('remoteOutputOff', 'operation'),
  0x400: told('remoteOpen', 'operation'),
  0x401: told('remoteClose', 'operation'),
  0x402: told('remoteHoldOpen', 'operation'),
  0x403: told('remoteHoldClosed', 'operation'),
  0x404: told('clockSetRemotely', 'operation'),
  0x405: told('clockSetByNtp', 'operation'),
  0x406: told('remoteCardsCleared', 'operation'),
  0x407: told('remoteRestore', 'operation'),
};

/** By major; what each of them falls back to is its category. */
export const ACCESS_CODES: Readonly<Record<number, Readonly<Record<number, AccessMeaning>>>> = {
  [ACCESS_MAJORS.alarm]: ALARMS,
  [ACCESS_MAJORS.exception]: EXCEPTIONS,
  [ACCESS_MAJORS.operation]: OPERATIONS,
  [ACCESS_MAJORS.event]: EVENTS,
};

const CATEGORY_OF_MAJOR = new Map<number, AccessCategory>([
  [ACCESS_MAJORS.alarm, 'alarm'],
  [ACCESS_MAJORS.exception, 'fault'],
  [ACCESS_MAJORS.operation, 'operation'],
]);

/** Numbers that the owner of a device gives a meaning: 0x500-0x53f of events, 0x900-0x93f of the others. */
function isCustom(major: number, minor: number): boolean {
  return major === ACCESS_MAJORS.event ? minor >= 0x500 && minor <= 0x53f : minor >= 0x900 && minor <= 0x93f;
}

/** What a pair means; a pair that nobody knows is `unknown`, or `custom` where its owner decides. */
export function accessMeaning(major: number | null, minor: number | null): AccessMeaning {
  if (major === null || minor === null) return told('unknown', 'other');
  const codes = Object.hasOwn(ACCESS_CODES, major) ? ACCESS_CODES[major] : undefined;
  const known = codes !== undefined && Object.hasOwn(codes, minor) ? codes[minor] : undefined;
  if (known !== undefined) return known;
  return told(isCustom(major, minor) ? 'custom' : 'unknown', CATEGORY_OF_MAJOR.get(major) ?? 'other');
}

/** The bell button. A door that is opened from afar says 3/1024, which is no ring. */
export function isDoorbell(major: number | null, minor: number | null): boolean {
  return accessMeaning(major, minor).key === 'doorbell';
}

/** Every word that {@link accessMeaning} may call a pair by. */
export const ACCESS_KEYS: ReadonlySet<string> = new Set([
  ...Object.values(ACCESS_CODES).flatMap((codes) => Object.values(codes).map(({ key }) => key)),
  'unknown',
  'custom',
]);
