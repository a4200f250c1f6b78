/** Every time-out, size and retry, with its unit in the name and its reason beside it. */

/* Requests */

/** From the start of a connection to the point where it can be used. A device on Wi-Fi answers within a second. */
export const CONNECT_TIMEOUT_MS = 5_000;
/** From the request to the head of the answer. Recorders take a few seconds when their disks sleep. */
export const HEADERS_TIMEOUT_MS = 10_000;
/** Longest silence within the body of an answer. */
export const BODY_TIMEOUT_MS = 10_000;
/** Longest time for the body of an answer kept in memory, so that a device that trickles cannot hold a place for ever. */
export const ANSWER_TOTAL_MS = 300_000;
/** Requests under way at one device. Recorders answer 503 or reset sockets above 3 to 4 (isapi.md §0.1). */
export const MAX_PARALLEL_REQUESTS = 3;
/** Requests waiting for their turn at one device; more are refused at once, with a clear error. */
export const MAX_QUEUED_REQUESTS = 200;
/** Largest answer kept in memory: a capability document has 90 KB, a picture of 12 megapixels 6 MB. */
export const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
/** How long an idle connection is kept. Cameras announce 10 s (`Keep-Alive: timeout=10`), so we let go first. */
export const KEEP_ALIVE_MS = 8_000;
/** Waits before a `read` is asked again when the device says that it is busy. */
export const BUSY_RETRY_WAITS_MS = [400, 1_200, 3_000] as const;

/* Transfers: bodies that do not go through memory */

/** Transfers at one device at a time; each takes one of the requests, and one of those is left for commands. */
export const MAX_TRANSFERS = 2;
/** Gathered before it is written, and once more while that goes on; then the device has to wait. */
export const FILE_WRITE_AHEAD_BYTES = 512 * 1024;
/** How often a speaker gets its next piece of sound (isapi.md §5.2: 20 to 40 ms). */
export const AUDIO_SLICE_MS = 40;

/* Digest */

/**
 * How long a nonce is used again. Firmware forgets nonces (always at a restart) without saying `stale`; asking for a new
 * one costs one unauthenticated round trip, guessing wrong costs the user an attempt.
 */
export const NONCE_MAX_AGE_MS = 10_000;
/** How long we keep away from a locked account when the device does not say how long; its factory setting. */
export const LOCK_FALLBACK_MS = 30 * 60_000;
/** Added to the lock time that the device says, because its seconds are counted from its own answer. */
export const LOCK_MARGIN_MS = 5_000;
/** Credentials that a device took so recently are sent by all at once; after a silence one goes ahead. */
export const PROOF_FRESH_MS = 2_000;
/** Longest wait for the one that goes ahead: a refusal comes at once, a long answer need not be waited for. */
export const PROOF_WAIT_MS = 1_000;
/** Remembered pairs of device and credentials; the oldest unused one is forgotten. */
export const MAX_BREAKERS = 4_096;

/* Session login */

/** How often a web session is kept; the web page does so every 30 to 60 s (isapi.md §1.4). */
export const WEB_SESSION_HEARTBEAT_MS = 30_000;
/** A web session that nothing has used for so long is given back: panels have few, and freeze under much talk. */
export const WEB_SESSION_IDLE_MS = 240_000;

/* alertStream */

/**
 * How long an alertStream may be silent before we ask whether the device is still there. Idle cameras send a heartbeat
 * every 10 s; 60 s of silence were seen on a busy one. Recorders without heartbeats need the probe instead.
 */
export const ALERT_STREAM_SILENCE_MS = 60_000;
/**
 * How long a stream that never carries heartbeats may be silent, while the device answers otherwise, before it is opened anew:
 * a stream whose other end is forgotten looks the same as a quiet night.
 */
export const ALERT_STREAM_QUIET_MS = 300_000;
/** Heartbeat that is asked for with subscribeEvent, in seconds; the longest that devices take (isapi.md §6.9). */
export const SUBSCRIBE_HEARTBEAT_S = 30;
/** After three of them without a word a subscription is lost. */
export const SUBSCRIBE_SILENCE_MS = 3 * SUBSCRIBE_HEARTBEAT_S * 1_000 + 5_000;
/** Wait before a stream that the device refuses to this user, or does not have, is asked for again. */
export const STREAM_REFUSED_RETRY_MS = 300_000;
/** The same where others hold all places that the device has; those of the dead are free after minutes (isapi.md §6.9). */
export const STREAM_TAKEN_RETRY_MS = 60_000;
/** Shortest time between two warnings of one kind; those in between are counted. */
export const WARNING_INTERVAL_MS = 60_000;
/** How long a close waits for commands under way to put right what they began. */
export const CLOSE_GRACE_MS = 2_000;
/** Shortest time between two looks at the device's clock for the sake of a doubt. */
export const CLOCK_DOUBT_INTERVAL_MS = 60_000;
/** Connections that clients of one process may be opening at one time: a house, or a small site, waits for nothing. */
export const CONNECT_AT_ONCE = 32;
/** More of them follow at this pace; 1,000 devices are there within a minute, and who is connected hardly notices. */
export const CONNECT_INTERVAL_MS = 40;
/** First wait before a new connection; doubled each time, with jitter. */
export const RECONNECT_MIN_MS = 1_000;
/** Longest wait between connections. A camera back from a power cut is seen within a minute. */
export const RECONNECT_MAX_MS = 60_000;
/** Longest wait during `REBOOT_WINDOW_MS` after a restart that we know of. */
export const RECONNECT_REBOOT_MAX_MS = 5_000;
/** How long a known restart may take: 20 to 60 s refused, then errors for a while (isapi.md §0.1). */
export const REBOOT_WINDOW_MS = 180_000;
/** A connection that held this long has proven itself: the next wait starts at the minimum again. */
export const STABLE_CONNECTION_MS = 30_000;
/** How often a connection without an alertStream asks whether the device is still there. */
export const PROBE_INTERVAL_MS = 30_000;
/** How often the clock of the device is compared with ours while connected; drift and a changed zone show up here. */
export const CLOCK_CHECK_INTERVAL_MS = 3_600_000;

/* Parts and documents */

/** Longest header of a part; real ones have 200 bytes. */
export const PART_HEADER_MAX_BYTES = 16 * 1024;
/** Largest text part (XML or JSON). The largest event seen has 20 KB. */
export const PART_TEXT_MAX_BYTES = 2 * 1024 * 1024;
/** Largest picture part; full pictures of plate cameras reach 3 MB. */
export const PART_PICTURE_MAX_BYTES = 16 * 1024 * 1024;
/** Pictures kept with one event. */
export const EVENT_MAX_PICTURES = 16;
/** Bytes of pictures kept with one event. */
export const EVENT_MAX_PICTURE_BYTES = 32 * 1024 * 1024;
/** How long an event waits for the pictures that it announced. */
export const PICTURE_WAIT_MS = 3_000;
/** Characters of one XML document; `Event/triggers` of a 64-channel recorder has 250,000. */
export const XML_MAX_LENGTH = 8 * 1024 * 1024;
/** Nesting of one XML document; the deepest one seen has 12. */
export const XML_MAX_DEPTH = 64;
/** Nesting of one JSON document; what is deeper breaks those who walk through it, and no device nests so deep. */
export const JSON_MAX_DEPTH = XML_MAX_DEPTH;
/** Elements of one XML document. */
export const XML_MAX_ELEMENTS = 200_000;

/* Events */

/** An event ends when more than this passes without a repeat, for devices that never say it. Exactly this continues. */
export const EVENT_END_AFTER_MS = 10_000;
/** An event older than this, by the device's own clock, is marked stale: flows must not open a door for it. */
export const STALE_AFTER_MS = 30_000;
/** Events that run at the same time at one device; a recorder with 64 channels and 8 rules each has 512. */
export const MAX_RUNNING_EVENTS = 4_096;
/** Clock jumps smaller than this are messages out of order; larger ones mean that the clock was set. */
export const CLOCK_SET_BACK_MS = 60_000;

/* PTZ */

/** Longest movement by `forMs`; a camera that has lost its client must not turn for ever. */
export const MOVE_MAX_MS = 60_000;

/* MQTT: topics, states, commands */

/** Longest base topic; brokers take 65,535 bytes for a whole topic, people read less. */
export const MQTT_BASE_MAX_LENGTH = 128;
/** Largest event as JSON. Details of plate cameras have 6 KB; Home Assistant keeps attributes up to 16 KB in its history. */
export const MQTT_EVENT_MAX_BYTES = 64 * 1024;
/** Largest body of a command; a sound to be played comes as a file name, not here. */
export const MQTT_COMMAND_MAX_BYTES = 256 * 1024;
/** States remembered of one device; a recorder with 64 channels that know 15 kinds each has 960. */
export const MQTT_MAX_STATES = 4_096;
/** Regions remembered of one state; devices have 8 per rule. */
export const MQTT_MAX_SUBJECTS = 64;

/* Command port */

/** Smallest frame: a push header without a body, {8, 2}. */
export const FRAME_MIN_BYTES = 8;
/** Largest frame; a JPEG of 12 megapixels has 6 MB, a document by pass-through is bounded like an answer over HTTP. */
export const FRAME_MAX_BYTES = 16 * 1024 * 1024;
/** First piece of memory for a frame that arrives in pieces; it grows with what really arrives, not with what is promised. */
export const FRAME_FIRST_PIECE_BYTES = 64 * 1024;
/** How far before a document pass-through answers may carry padding: NULs or a binary prefix of 12 to 20 bytes. */
export const PASS_THROUGH_PADDING_BYTES = 64;
/** Command connections to one device at a time; the alarm channel is not counted. Recorders have 16 for all their clients. */
export const COMMAND_CONNECTIONS = 4;
/** How often a session that is held is kept; an idle one is dropped after about 5 minutes (hsp-wire.md §1). */
export const SESSION_KEEP_ALIVE_MS = 60_000;
/** A session that no command has used for so long is given back; a device has few of them. */
export const SESSION_IDLE_MS = 240_000;
/** How long a logout may take; a session that is not given back runs out by itself. */
export const LOGOUT_TIMEOUT_MS = 2_000;
/** An open alarm channel says every 5 s that it is alive; after three of these without a word it is lost. */
export const ALARM_CHANNEL_SILENCE_MS = 15_000;
/** With `auto`, how long the face that was closed is left alone before it is tried again. */
export const CLOSED_FACE_RETRY_MS = 300_000;

/* Several ways to one device */

/** How far apart two ways may be about one occurrence: a push leaves the device within a second, polling adds its interval. */
export const MERGE_WINDOW_MS = 3_000;
/** How long the first word of an occurrence waits for a richer one, where more than one way is open. */
export const MERGE_HOLD_MS = 400;
/** The same for a bell: somebody waits at the door. */
export const MERGE_HOLD_BELL_MS = 200;
/** How long an occurrence is remembered for what comes late: a push is repeated for a minute or two by some firmware. */
export const MERGE_KEEP_MS = 120_000;
/** Occurrences remembered for one device; beyond it the oldest are forgotten, and what comes late of them is an event again. */
export const MERGE_MAX_OCCURRENCES = 1_024;
/** How long a recorder's word about a camera that is also reached directly waits for the camera's own. */
export const STAND_IN_WAIT_MS = 1_500;
/** Such words that wait at one recorder; beyond it the oldest is told at once. */
export const MAX_STAND_INS = 256;
/**
 * Messages a second that one device may send for good; a recorder with 64 channels and 8 rules each sends 512. What is beyond is
 * dropped before it is read, and counted.
 */
export const DEVICE_MESSAGES_PER_SECOND = 1_000;
/** Messages that one device may send at once after a quiet time: a recorder that replays a day. */
export const DEVICE_MESSAGES_BURST = 5_000;

/* Push: devices that call us */

/** Connections of calling devices; each of a few hundred devices holds one or two. */
export const PUSH_MAX_CONNECTIONS = 1_024;
/** Largest body of one push: an event with several full pictures. */
export const PUSH_MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Bytes of unfinished parts of all pushes together; beyond it new ones are asked to come again. */
export const PUSH_MAX_PENDING_BYTES = 256 * 1024 * 1024;
/** From the start of a connection, or of the next request on it, to its whole head. */
export const PUSH_HEADERS_TIMEOUT_MS = 10_000;
/** Longest silence within a body. */
export const PUSH_SILENCE_MS = 10_000;
/** Longest time for one push as a whole, so that a slow sender cannot hold a place for ever. */
export const PUSH_TOTAL_MS = 120_000;
/** How long a calling device may keep an idle connection. */
export const PUSH_KEEP_ALIVE_MS = 65_000;
/** How long a nonce that we gave to a calling device can be answered. */
export const PUSH_NONCE_MS = 300_000;
/** Wait before our entry among the push hosts of a device is made again, where that failed and can succeed. */
export const PUSH_ENTER_RETRY_MS = 30_000;
/** How far into a body the MAC address of an unnamed sender is looked for. */
export const PUSH_HEAD_BYTES = 64 * 1024;

/* Discovery */

/** How long answers are waited for; devices on Wi-Fi take a second or two. */
export const DISCOVERY_MS = 5_000;
/** Between two questions; datagrams get lost, above all broadcast ones on Wi-Fi. */
export const DISCOVERY_ASK_INTERVAL_MS = 1_000;
/** Devices remembered in one discovery; a /20 network full of cameras. */
export const DISCOVERY_MAX_DEVICES = 4_096;

/* Polling */

/**
 * Between two questions for the call of a door station that is idle: a ring is to be seen within a second, and what polling finds
 * waits for {@link MERGE_HOLD_BELL_MS} where another way is open.
 */
export const CALL_IDLE_INTERVAL_MS = 600;
/** The same while it rings or somebody speaks. */
export const CALL_RINGING_INTERVAL_MS = 400;
/** A ring that is said for longer is over: some door stations stay at `ring` (reported: Hikvision-Addons #294). They ring 30 to 60 s. */
export const CALL_RING_MAX_MS = 90_000;
/** How long a ring that polling found waits for the answer to who it is. */
export const CALLER_WAIT_MS = 200;
/** Between two looks into the history of doors, or at the plates of a gate, after something happened; doubled while nothing does. */
export const RECORD_MIN_INTERVAL_MS = 1_000;
export const RECORD_MAX_INTERVAL_MS = 5_000;
/** How soon it goes on where one answer did not hold everything. */
export const RECORD_NEXT_PAGE_MS = 200;
/** Records of one question; what is left comes with the next one. */
export const RECORDS_PER_POLL = 100;
/** How often a silent history is asked whether it was cleared: its serial numbers then begin anew. */
export const RECORD_RESET_CHECK_MS = 60_000;
/** Between two questions to an alarm panel shortly after something happened there; AX PRO freezes when it is asked every second. */
export const PANEL_BUSY_INTERVAL_MS = 5_000;
/** How long that lasts. */
export const PANEL_BUSY_MS = 60_000;
/** The same while it is quiet: at first, and after it has been quiet for a while. */
export const PANEL_IDLE_INTERVAL_MS = 15_000;
export const PANEL_MAX_INTERVAL_MS = 30_000;
/** Cursors kept for one owner; beyond it the one that has not moved for longest is forgotten. */
export const MAX_CURSORS = 4_096;
/** How long after a cursor has moved it is written; what a crash loses of it is told again, marked by its id. */
export const CURSOR_WRITE_DELAY_MS = 1_000;
/** How soon a poll that nobody wants looks again whether somebody does. */
export const POLL_UNWANTED_MS = 5_000;
/** Longest wait after polls that failed one after another. */
export const POLL_FAILED_MAX_MS = 60_000;

/* EHome: devices that dial in */

/** How often a device is to say that it is there; what the vendor's server asks for (hsp-wire.md §10). */
export const EHOME_KEEP_ALIVE_S = 15;
/** After three of them without a word it is gone. */
export const EHOME_LOST_MS = 3 * EHOME_KEEP_ALIVE_S * 1_000;
/** How long a device is waited for before its state says that it is not there; it is waited for on and on. */
export const EHOME_DIAL_IN_MS = 30_000;
/** How long an answer of a device may take. */
export const EHOME_ANSWER_MS = 5_000;
/** Datagrams a second that are looked at, from all senders together; a thousand devices send 67. */
export const EHOME_DATAGRAMS_PER_SECOND = 500;
export const EHOME_DATAGRAMS_BURST = 2_000;
/* Journal of events that wait for the broker */

/** Events that wait; a quiet site takes days to fill it. */
export const JOURNAL_MAX_EVENTS = 10_000;
/** Bytes of events and pictures that wait. */
export const JOURNAL_MAX_BYTES = 64 * 1024 * 1024;
/** A file of the journal is left for the next one above this; it goes as a whole when nothing in it is wanted any more. */
export const JOURNAL_SEGMENT_BYTES = 4 * 1024 * 1024;
/** Bytes of events written at once; pictures come on top. */
export const JOURNAL_BATCH_BYTES = 1024 * 1024;
/** Bytes of events read back at once. */
export const JOURNAL_READ_BYTES = 256 * 1024;
/** Events kept in memory, too, so that they need not be read back; as many stay where the disk takes none. */
export const JOURNAL_MEMORY_EVENTS = 2_000;
export const JOURNAL_MEMORY_BYTES = 16 * 1024 * 1024;
/** How long after an event it is safe from a power cut. From the end of the process it is safe at once. */
export const JOURNAL_SYNC_INTERVAL_MS = 100;
/** How often it is written down up to where everything is done; what came since is published again after a crash. */
export const JOURNAL_POSITION_INTERVAL_MS = 100;
/** Wait before a disk that was full or broken is tried again. */
export const JOURNAL_RETRY_MS = 5_000;
/** How often the holder of a journal says that it lives, and when another machine may take it over. */
export const JOURNAL_LOCK_BEAT_MS = 10_000;
export const JOURNAL_LOCK_STALE_MS = 35_000;

/* Publisher */

/** Messages on their way to the broker and not acknowledged; more gain little (toolchain: 100 in flight give 95 % of what 1,000 give). */
export const PUBLISH_WINDOW = 100;
/** Bytes on their way to the broker; one message may always go. */
export const PUBLISH_WINDOW_BYTES = 4 * 1024 * 1024;
/** A broker that acknowledges nothing for so long, while something is on its way, is left and asked anew. A cluster changes its leader within 20 s. */
export const PUBLISH_ACK_TIMEOUT_MS = 45_000;
/** From the start of a connection to the broker's yes. */
export const BROKER_CONNECT_TIMEOUT_MS = 10_000;
/** How often the broker is asked whether it is there. */
export const BROKER_KEEP_ALIVE_S = 30;
/** First and longest wait before the broker is tried again. */
export const BROKER_RETRY_MIN_MS = 500;
export const BROKER_RETRY_MAX_MS = 30_000;
/** A clean stop waits this long for what it still has to say. */
export const PUBLISHER_STOP_MS = 3_000;
/** And this long for a disk that does not take the rest of the journal. */
export const JOURNAL_CLOSE_MS = 5_000;
/** `hsp bridge` waits this long for devices to log out; systemd waits 90 s before it kills. */
export const BRIDGE_CLOSE_MS = 5_000;
/** After a signal the process ends this long after its work, whatever still holds a socket; its last lines are out by then. */
export const STOP_EXIT_MS = 1_000;
/** How often the counters of the bridge are published when they have changed. */
export const BRIDGE_INFO_INTERVAL_MS = 10_000;
/** Longest random delay before everything is published again after Home Assistant has started. */
export const BIRTH_DELAY_MAX_MS = 3_000;
/** Messages that wait for a broker that is connected but slow; beyond it a device says what it keeps there when its turn has come. */
export const PUBLISHER_MAX_WAITING = 10_000;
/** How long a device waits for the broker to say who owns it, before the bridge takes it. */
export const OWNER_WAIT_MS = 1_000;
/** Commands under way at one device by MQTT, and those that wait for their turn; more are refused as busy. */
export const MQTT_PARALLEL_COMMANDS = 4;
export const MQTT_QUEUED_COMMANDS = 16;
/** Largest picture or other bytes in an answer, as base64; larger ones are only said by their size. */
export const MQTT_RESULT_MAX_BYTES = 1024 * 1024;
/** How often the status of a device is published for the sake of its last event. */
export const STATUS_INTERVAL_MS = 2_000;
/** Devices that are described at one time, each with some fifty questions; the others wait, so that events do not. */
export const DESCRIBE_AT_ONCE = 16;
/** Wait before a device that could not be described is asked again. */
export const DESCRIBE_RETRY_MS = 60_000;
/** Descriptions of one connection that are tried again for the sake of questions that the device had no time for. */
export const DESCRIBE_MAX_ATTEMPTS = 3;
/** How often load, storage, channels and everything that can be switched is read again. */
export const DEVICE_STATUS_INTERVAL_MS = 300_000;
/** Between two such questions to one device: a recorder with 32 channels is through in a minute, and hardly notices. */
export const SETTINGS_PACE_MS = 250;
/** A door locks itself again, and a panel arms, some seconds after the command: then it is read once more. */
export const SETTINGS_SETTLE_MS = 6_000;
/** A connection to the broker that breaks sooner than this has not proven itself: the next wait is longer. */
export const BROKER_STABLE_MS = 10_000;

/* Live page */

/** Where `hsp dashboard` listens; where that is taken and nobody asked for it, on any free port. */
export const DASHBOARD_PORT = 8_970;
/** Events that the live page looks back on; a busy hour of a small site, and what a browser draws without effort. */
export const DASHBOARD_MAX_EVENTS = 500;
/** Bytes of pictures kept of these events; the oldest ones go first. */
export const DASHBOARD_MAX_PICTURE_BYTES = 48 * 1024 * 1024;
/** Pictures shown of one event. */
export const DASHBOARD_MAX_PICTURES = 4;
/** Lines of details shown of one event, and characters of one of them. */
export const DASHBOARD_MAX_DETAILS = 24;
export const DASHBOARD_MAX_DETAIL_CHARACTERS = 160;
/** Pages open at a time; a few people, each with a few tabs. */
export const DASHBOARD_MAX_CLIENTS = 16;
/** Connections of them; a browser opens up to 6. */
export const DASHBOARD_MAX_CONNECTIONS = DASHBOARD_MAX_CLIENTS * 6;
/** Bytes that wait for one page; beyond it the page misses events, and is told how many. */
export const DASHBOARD_BACKLOG_BYTES = 256 * 1024;
/** A page that has taken nothing for so long is let go; a browser that is still there comes again by itself. */
export const DASHBOARD_STUCK_MS = 60_000;
/** Changes are gathered for so long before the pages are told; nobody sees the delay. */
export const DASHBOARD_GATHER_MS = 100;
/** How often counters are looked at while a page is open, and a sign of life is sent. */
export const DASHBOARD_COUNTERS_INTERVAL_MS = 2_000;
export const DASHBOARD_BEAT_MS = 15_000;
/** Shortest time between two snapshots of one channel, and how often a page that is looked at asks for one. */
export const DASHBOARD_SNAPSHOT_MIN_INTERVAL_MS = 4_000;
export const DASHBOARD_SNAPSHOT_INTERVAL_MS = 8_000;
/** How long a channel that gave no picture is left alone. */
export const DASHBOARD_SNAPSHOT_RETRY_MS = 30_000;
/** Bytes of snapshots kept; 64 channels with 500 KB each. */
export const DASHBOARD_MAX_SNAPSHOT_BYTES = 32 * 1024 * 1024;
/** Channels on the wall of one device; a recorder with more shows the first ones. */
export const DASHBOARD_MAX_CHANNELS = 64;
