/** What commands answer. Shapes are ours; a value that the device does not give is null, never undefined or NaN. */

export interface DeviceInfo {
  readonly name: string | null;
  readonly model: string | null;
  /** `V5.7.15`, as the device says it. */
  readonly firmware: string | null;
  /** `build 240201`. */
  readonly firmwareReleased: string | null;
  readonly serial: string | null;
  readonly mac: string | null;
  /** The device's own word: IPCamera, IPDome, NVR, DVR, ACS, ... */
  readonly deviceType: string | null;
  readonly deviceId: string | null;
  readonly hardware: string | null;
  readonly manufacturer: string | null;
}

export interface Channel {
  /** As people count it: input D1 of a recorder is 1. */
  readonly channel: number;
  readonly name: string | null;
  /** `analog` and `ip` inputs of a recorder, `camera` for a device's own lens. */
  readonly kind: 'camera' | 'analog' | 'ip';
  /** Null where the device does not say. */
  readonly online: boolean | null;
  /** Why it is not online, in the device's word. */
  readonly reason: string | null;
  readonly address: string | null;
  readonly model: string | null;
  readonly serial: string | null;
  readonly firmware: string | null;
}

export interface Disk {
  readonly id: number | null;
  readonly name: string | null;
  /** SATA, SD, ...; for network storage the protocol it is mounted with. */
  readonly kind: string | null;
  /** ok, unformatted, error, idle, notexist, ...; the device's word. */
  readonly status: string | null;
  readonly capacityMb: number | null;
  /** 0 is normal while the recorder overwrites the oldest recordings. */
  readonly freeMb: number | null;
  readonly property: string | null;
  /** Only network storage has one. */
  readonly address: string | null;
  readonly path: string | null;
}

export interface Storage {
  readonly disks: readonly Disk[];
  readonly network: readonly Disk[];
  readonly workMode: string | null;
}

export interface VideoStream {
  readonly streamId: number;
  readonly channel: number;
  /** 1 main, 2 sub, 3 third, 4 transcoded. */
  readonly number: number;
  readonly name: string | null;
  readonly enabled: boolean | null;
  readonly codec: string | null;
  readonly width: number | null;
  readonly height: number | null;
  /** Frames a second; null when the device says 0, which is its full rate. */
  readonly frameRate: number | null;
  readonly bitrateKbps: number | null;
  readonly bitrateControl: string | null;
  readonly keyFrameIntervalMs: number | null;
  readonly audio: boolean | null;
  /** H.264+ or H.265+. */
  readonly smartCodec: boolean | null;
}

export interface Preset {
  readonly preset: number;
  readonly name: string | null;
  readonly enabled: boolean | null;
  /** Numbers that call a function of the camera instead of a position (33-45, 92-105). */
  readonly reserved: boolean;
}

export interface Trigger {
  readonly id: string;
  readonly kind: string;
  readonly eventType: string;
  readonly channel: number | null;
  readonly port: number | null;
  readonly description: string | null;
  /** What the device does then: center, record, email, ... */
  readonly actions: readonly string[];
  /** `center` ("notify surveillance center"): without it the device detects but tells nobody. */
  readonly notifiesCenter: boolean;
  /** Why no event of it arrives, and what to do; null where it notifies the center. */
  readonly warning: string | null;
}

export interface Status {
  /** Clock of the device, as it says it. */
  readonly time: string | null;
  readonly uptimeSeconds: number | null;
  readonly cpuPercent: number | null;
  /** As the device gives it; percent on some cameras, MB on recorders. */
  readonly memoryUsage: number | null;
  readonly memoryAvailable: number | null;
  /** Only some devices say it. */
  readonly temperatureCelsius: number | null;
  /** Restarts since it was made. */
  readonly rebootCount: number | null;
}

export interface DeviceTime {
  /** `2024-05-01T12:34:56+08:00`, as the device says it. */
  readonly time: string | null;
  readonly mode: string | null;
  /** POSIX style with the sign inverted: `CST-8:00:00` is UTC+8. */
  readonly timeZone: string | null;
  /** Device minus ours, in milliseconds; positive: the device is ahead. Null where its time has no offset. */
  readonly offsetMs: number | null;
}

export interface Movement {
  readonly channel: number;
  /** Speeds as they were sent, -100 to 100. */
  readonly pan: number;
  readonly tilt: number;
  readonly zoom: number;
  /** True when the camera was told to stand still at the end; false for `forMs: 0` and where a newer movement took over. */
  readonly stopped: boolean;
}

export interface PresetCall {
  readonly channel: number;
  readonly preset: number;
}

export interface KeyFrameRequest {
  readonly channel: number;
  readonly streamId: number;
}

export interface Restart {
  readonly restarting: true;
  /** False when the device went down before it said yes. */
  readonly answered: boolean;
}

export interface Snapshot {
  readonly contentType: string;
  readonly data: Buffer;
}

export interface RawAnswer {
  readonly status: number;
  readonly contentType: string | null;
  /**
   * XML as a plain object under the name of its root (`{ Time: { timeMode: 'NTP', ... } }`), JSON as it is, text as text,
   * anything else as a Buffer; null when there is none.
   */
  readonly body: unknown;
}
