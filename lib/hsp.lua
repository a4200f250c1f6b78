-- Wireshark dissector of the Hikvision command port (HSP binary, TCP 8000).
-- Written by `npm run docs` from the tables in lib/codec; change those, not this file.
--
-- Use: copy it into the personal plugin folder of Wireshark, or `tshark -X lua_script:hsp.lua`.
-- Other ports: `-d tcp.port==9000,hsp`.
-- The facts come from open interoperability work; some are uncertain. The README of the package says which.

local COMMANDS = {
  [0x010000] = "login",
  [0x010010] = "loginAgain",
  [0x010100] = "logout",
  [0x010200] = "keepAlive",
  [0x011000] = "getAbility",
  [0x117000] = "isapi",
  [0x020000] = "getDevice",
  [0x020001] = "setDevice",
  [0x1110c2] = "getDeviceV40",
  [0x1110c3] = "setDeviceV40",
  [0x020100] = "getNetwork",
  [0x020101] = "setNetwork",
  [0x110000] = "getNetworkV30",
  [0x110001] = "setNetworkV30",
  [0x020110] = "getNetworkServices",
  [0x020112] = "getNtp",
  [0x020113] = "setNtp",
  [0x020114] = "getDdns",
  [0x020116] = "getEmail",
  [0x1100b0] = "getEmailV30",
  [0x110090] = "getNetworkDisks",
  [0x020200] = "getPicture",
  [0x020232] = "getPictureEx",
  [0x110010] = "getPictureV30",
  [0x110011] = "setPictureV30",
  [0x020210] = "getCompression",
  [0x110040] = "getCompressionV30",
  [0x110041] = "setCompressionV30",
  [0x110042] = "getVoiceCompression",
  [0x110044] = "getVoiceCompressionNow",
  [0x020220] = "getRecordSchedule",
  [0x110020] = "getRecordScheduleV30",
  [0x110021] = "setRecordScheduleV30",
  [0x110050] = "getAlarmInput",
  [0x110051] = "setAlarmInput",
  [0x1100a0] = "getAlarmOutputConfig",
  [0x1100a1] = "setAlarmOutputConfig",
  [0x020500] = "getTime",
  [0x020501] = "setTime",
  [0x090009] = "getDaylightSaving",
  [0x110030] = "getUsers",
  [0x020800] = "getUsersOld",
  [0x110120] = "getExceptionsV30",
  [0x110130] = "getOverlayTextV30",
  [0x111095] = "setCameraParameters",
  [0x111096] = "getCameraParameters",
  [0x110150] = "getIpChannels",
  [0x110152] = "getIpChannelsV31",
  [0x110160] = "getIpAlarmInputs",
  [0x110170] = "getIpAlarmOutputs",
  [0x110100] = "getPreview",
  [0x110110] = "getVideoOutputs",
  [0x1100f0] = "getHolidays",
  [0x020c02] = "getRtsp",
  [0x020c04] = "getRtspPort",
  [0x020a00] = "getConfigurationFile",
  [0x020a01] = "setConfigurationFile",
  [0x020140] = "getAccessPoints",
  [0x113201] = "getAudioInput",
  [0x113026] = "getAudioOutput",
  [0x030007] = "getVideoEffect",
  [0x030008] = "setVideoEffect",
  [0x030000] = "preview",
  [0x030001] = "previewUdp",
  [0x030002] = "previewMulticast",
  [0x030003] = "previewRtp",
  [0x030006] = "mediaKeepAlive",
  [0x030009] = "jpeg",
  [0x090100] = "keyFrameMain",
  [0x090101] = "keyFrameSub",
  [0x030100] = "findFileOld",
  [0x111040] = "findFile",
  [0x030101] = "playByFile",
  [0x030102] = "playByTime",
  [0x030103] = "playStart",
  [0x030104] = "playStop",
  [0x030105] = "playPosition",
  [0x030106] = "playBack",
  [0x030107] = "playPause",
  [0x030108] = "playResume",
  [0x030109] = "playKeepAlive",
  [0x030112] = "lockFile",
  [0x030113] = "unlockFile",
  [0x030d00] = "startRecord",
  [0x030d01] = "stopRecord",
  [0x030200] = "ptz",
  [0x030203] = "ptzWithSpeed",
  [0x030290] = "ptzZoomArea",
  [0x030400] = "alarmChannel",
  [0x111020] = "alarmChannelV30",
  [0x030401] = "setAlarmOutput",
  [0x030402] = "getAlarmOutput",
  [0x111010] = "getAlarmOutputV30",
  [0x030d02] = "triggerAlarmByHand",
  [0x030500] = "startVoice",
  [0x111030] = "startVoiceV30",
  [0x030600] = "serialOpen",
  [0x030601] = "serialSend",
  [0x030700] = "restoreDefaults",
  [0x030800] = "saveConfiguration",
  [0x030900] = "reboot",
  [0x030a00] = "shutdown",
  [0x030b00] = "upgrade",
  [0x030c00] = "format",
  [0x111050] = "getDisks",
  [0x111051] = "setDisk",
  [0x111052] = "getDiskGroups",
  [0x030e00] = "getLogOld",
  [0x111000] = "getLog",
  [0x111001] = "getSmartLog",
  [0x040000] = "getWorkState",
  [0x111070] = "getWorkStateV30",
}

local STATUSES = {
  [1] = "ok",
  [2] = "keepAlive",
  [3] = "wrongPassword",
  [4] = "lowPrivilege",
  [5] = "noPermission",
  [6] = "versionMismatch",
  [7] = "noSuchChannel",
  [8] = "noSerialPort",
  [9] = "noAlarmInput",
  [10] = "noAlarmOutput",
  [11] = "noDisk",
  [12] = "noSuchDisk",
  [13] = "notSupported",
  [14] = "badData",
  [15] = "channelError",
  [16] = "diskError",
  [17] = "timeOut",
  [18] = "tooManyLinks",
  [19] = "streamHeader",
  [20] = "alarm",
  [21] = "playbackEnd",
  [22] = "flashError",
  [23] = "upgradeFailed",
  [24] = "upgrading",
  [25] = "wait",
  [26] = "listEnd",
  [27] = "fileInfo",
  [28] = "formatting",
  [29] = "formatEnd",
  [30] = "noSuchUserId",
  [31] = "tooManyUsers",
  [32] = "noResource",
  [33] = "operationFailed",
  [34] = "ipMismatch",
  [35] = "socketIpMismatch",
  [36] = "macMismatch",
  [37] = "encoderNotStarted",
  [38] = "languageMismatch",
  [39] = "loginAgain",
  [48] = "diskReadOnly",
  [49] = "sameUser",
  [50] = "deviceTypeMismatch",
  [51] = "languageOfFileMismatch",
  [52] = "versionOfFileMismatch",
  [53] = "ipChannelOffline",
  [54] = "tooManyIpChannels",
  [55] = "mailTestFailed",
  [90] = "keyFrameData",
  [91] = "positionData",
  [100] = "challenge",
  [104] = "alarmV30",
  [105] = "ipChannelsChanged",
  [106] = "ipChannelsChangedV31",
  [151] = "noRight",
  [153] = "userLocked",
  [800] = "bandwidth",
}

local ALARM_TYPES = {
  [0] = "alarmInput",
  [1] = "diskFull",
  [2] = "videoLoss",
  [3] = "motion",
  [4] = "diskUnformatted",
  [5] = "diskError",
  [6] = "tamper",
  [7] = "standardMismatch",
  [8] = "illegalAccess",
  [9] = "videoAbnormal",
  [10] = "recordingAbnormal",
  [11] = "sceneChange",
  [12] = "arrayAbnormal",
}

local PTZ_CODES = {
  [2] = "light",
  [4294967293] = "stop light",
  [3] = "wiper",
  [4294967292] = "stop wiper",
  [8] = "setPreset",
  [4294967287] = "stop setPreset",
  [9] = "clearPreset",
  [4294967286] = "stop clearPreset",
  [11] = "zoomIn",
  [4294967284] = "stop zoomIn",
  [12] = "zoomOut",
  [4294967283] = "stop zoomOut",
  [13] = "focusNear",
  [4294967282] = "stop focusNear",
  [14] = "focusFar",
  [4294967281] = "stop focusFar",
  [15] = "irisOpen",
  [4294967280] = "stop irisOpen",
  [16] = "irisClose",
  [4294967279] = "stop irisClose",
  [21] = "tiltUp",
  [4294967274] = "stop tiltUp",
  [22] = "tiltDown",
  [4294967273] = "stop tiltDown",
  [23] = "panLeft",
  [4294967272] = "stop panLeft",
  [24] = "panRight",
  [4294967271] = "stop panRight",
  [25] = "upLeft",
  [4294967270] = "stop upLeft",
  [26] = "upRight",
  [4294967269] = "stop upRight",
  [27] = "downLeft",
  [4294967268] = "stop downLeft",
  [28] = "downRight",
  [4294967267] = "stop downRight",
  [29] = "panAuto",
  [4294967266] = "stop panAuto",
  [36] = "runCruise",
  [4294967259] = "stop runCruise",
  [37] = "runSequence",
  [4294967258] = "stop runSequence",
  [38] = "stopSequence",
  [4294967257] = "stop stopSequence",
  [39] = "gotoPreset",
  [4294967256] = "stop gotoPreset",
}

local LAYOUTS = {
  request_header = {
    size = 32,
    { "length", 0, 4, "u32", "whole frame in bytes, this field included" },
    { "interface_version", 4, 1, "u8", "0x5a login and older devices, 0x63 commands" },
    { "ip_version", 5, 1, "u8", "0 IPv4; 1 IPv6, its 16 bytes follow the header" },
    { "variant", 6, 1, "u8", "0" },
    { "flags", 7, 1, "u8", "bit 0 body encrypted, bit 1 parameter at byte 30" },
    { "auth_word", 8, 4, "u32", "auth word; 0 before the login" },
    { "command", 12, 4, "u32", "command" },
    { "client_ip", 16, 4, "ipv4Reversed", "IPv4 address of the client" },
    { "user_id", 20, 4, "u32", "as received in the login reply" },
    { "client_mac", 24, 6, "hex", "MAC address of the client; zeros accepted" },
    { "parameter", 30, 2, "u16", "0" },
  },
  login_header = {
    size = 36,
    { "length", 0, 4, "u32", "whole frame in bytes, this field included" },
    { "interface_version", 4, 1, "u8", "0x5a" },
    { "ip_version", 5, 1, "u8", "0 IPv4" },
    { "auth_word", 8, 4, "u32", "0" },
    { "command", 12, 4, "u32", "login" },
    { "sdk_version", 16, 4, "u32", "SDK of the client: major u8, minor u8, (year - 2000) << 10, month << 6, day" },
    { "one", 20, 4, "u32", "1" },
    { "client_ip", 24, 4, "ipv4Reversed", "IPv4 address of the client" },
    { "client_mac", 28, 6, "hex", "MAC address of the client; zeros accepted" },
    { "options", 34, 1, "u8", "bits: 1 extension, 2, 4 checksum, 8 RSA, ...; the trace sends 0x6f" },
  },
  reply_header = {
    size = 16,
    { "length", 0, 4, "u32", "whole frame in bytes, this field included" },
    { "checksum", 4, 4, "u32", "sum of all bytes from 8 to the end; other data in login replies; of a JPEG only bytes 8 to 15" },
    { "ret_val", 8, 4, "u32", "see status codes" },
    { "flags", 12, 1, "u8", "bit 0 body encrypted" },
  },
  push_header = {
    size = 8,
    { "length", 0, 4, "u32", "whole frame in bytes, this field included" },
    { "status", 4, 4, "u32", "see status codes" },
  },
  login_request_1 = {
    size = 188,
    { "user", 0, 48, "text", "user name" },
    { "public_key", 48, 140, "bytes", "RSA-1024 public key of the client, PKCS#1 DER, new for each login" },
  },
  login_request_2 = {
    size = 48,
    { "user_proof", 0, 16, "bytes", "HMAC-MD5(challenge, user name)" },
    { "password_proof", 32, 16, "bytes", "HMAC-MD5(challenge, P)" },
  },
  login_reply = {
    size = 74,
    { "length", 0, 4, "u32", "whole frame in bytes, this field included" },
    { "seed", 4, 4, "u32", "seed of the auth word" },
    { "ret_val", 8, 4, "u32", "1 done, 3 wrong password, 18 and 31 too many users" },
    { "sdk_version", 12, 4, "u32", "SDK of the device, packed" },
    { "user_id", 16, 4, "u32", "number of the session" },
    { "serial", 20, 48, "text", "serial number" },
    { "device_type", 68, 1, "u8", "device type" },
    { "analog_channels", 69, 1, "u8", "analog channels; 1 for a camera" },
    { "first_channel", 70, 1, "u8", "number of the first one" },
    { "alarm_inputs", 71, 1, "u8", "alarm inputs" },
    { "alarm_outputs", 72, 1, "u8", "alarm outputs" },
    { "disks", 73, 1, "u8", "disks" },
  },
  ptz_control = {
    size = 12,
    { "channel", 0, 4, "u32", "channel as the device counts it" },
    { "code", 4, 4, "u32", "PTZ code; turned over to stop" },
    { "value", 8, 4, "u32", "preset number, or speed 1-7, 0 = the usual one" },
  },
  jpeg_request = {
    size = 8,
    { "channel", 0, 4, "u32", "channel as the device counts it" },
    { "picture_size", 4, 2, "u16", "0 CIF, 1 QCIF, 2 D1, 3 UXGA, 4 SVGA, 5 720p, 6 VGA; 255 = as the stream" },
    { "quality", 6, 2, "u16", "0 best, 1 better, 2 average" },
  },
  net_dvr_piccfg = {
    size = 40,
    { "size", 0, 4, "structSize", "size of this structure in bytes" },
    { "channel_name", 4, 32, "text", "name of the channel as shown in the picture" },
    { "video_format", 36, 4, "u32", "0 unknown, 1 PAL, 2 NTSC" },
  },
  channel = {
    size = 4,
    { "channel", 0, 4, "u32", "channel as the device counts it; the first IP channel of a recorder is often 33" },
  },
  net_dvr_single_hd = {
    size = 144,
    { "number", 0, 4, "u32", "disk number as the device counts it" },
    { "capacity_mb", 4, 4, "u32", "capacity in MB" },
    { "free_mb", 8, 4, "u32", "free space in MB" },
    { "status", 12, 4, "u32", "0 active, 1 sleeping, 2 abnormal, 3 sleepingWithError, 4 unformatted, 5 disconnected, 6 formatting, 7 full" },
    { "attribute", 16, 1, "u8", "0 ordinary, 1 redundant, 2 read-only" },
    { "type", 17, 1, "u8", "0 local, 1 eSATA, 2 NFS, 3 iSCSI, 4 array, 5 card" },
    { "drive", 18, 1, "u8", "letter of the drive" },
    { "group", 20, 4, "u32", "disk group" },
    { "recycling", 24, 1, "u8", "1 = its oldest recordings are overwritten" },
    { "storage_type", 28, 4, "u32", "bits: 1 recordings, 2 pictures" },
    { "picture_capacity_mb", 32, 4, "u32", "space for pictures in MB" },
    { "free_picture_mb", 36, 4, "u32", "free space for pictures in MB" },
  },
  net_dvr_hdcfg = {
    size = 4760,
    { "size", 0, 4, "structSize", "size of this structure in bytes" },
    { "count", 4, 4, "u32", "disks that are there" },
    { "disks", 8, 4752, "struct", "disks", "net_dvr_single_hd", 33 },
  },
  net_dvr_time = {
    size = 24,
    { "year", 0, 4, "u32", "calendar year, four digits" },
    { "month", 4, 4, "u32", "month" },
    { "day", 8, 4, "u32", "day of the month" },
    { "hour", 12, 4, "u32", "hour" },
    { "minute", 16, 4, "u32", "minute" },
    { "second", 20, 4, "u32", "second" },
  },
  net_dvr_filecond = {
    size = 148,
    { "channel", 0, 4, "u32", "channel as the device counts it" },
    { "file_type", 4, 4, "u32", "255 all, 0 timed, 1 motion, 2 alarm, 3 alarm or motion, 4 both, 6 manual" },
    { "locked", 8, 4, "u32", "255 all, 0 not locked, 1 locked" },
    { "use_card", 12, 4, "u32", "1 = only with the card number" },
    { "card_number", 16, 20, "text", "card number of a cash machine" },
    { "start", 36, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
    { "stop", 60, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
  },
  net_dvr_finddata_v30 = {
    size = 188,
    { "file_name", 0, 100, "text", "name by which it is played" },
    { "start", 100, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
    { "stop", 124, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
    { "size_bytes", 148, 4, "u32", "size in bytes, modulo 4 GB" },
    { "card_number", 152, 32, "text", "card number of a cash machine" },
    { "locked", 184, 1, "u8", "1 = locked against overwriting" },
    { "file_type", 185, 1, "u8", "0 timed, 1 motion, 2 alarm, 3 alarm or motion, 4 both, 6 manual" },
  },
  net_dvr_find_data = {
    size = 152,
    { "file_name", 0, 100, "text", "name by which it is played" },
    { "start", 100, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
    { "stop", 124, 24, "struct", "NET_DVR_TIME", "net_dvr_time", 1 },
    { "size_bytes", 148, 4, "u32", "size in bytes, modulo 4 GB" },
  },
  record_request = {
    size = 8,
    { "channel", 0, 4, "u32", "channel as the device counts it; 255 = all" },
    { "record_type", 4, 4, "u32", "0 manual, 1 alarm, 2 sent back, 3 signal, 4 motion, 5 tamper" },
  },
  net_dvr_recordday = {
    size = 4,
    { "all_day", 0, 2, "u16", "1 = the whole day" },
    { "record_type", 2, 1, "u8", "as in the segments" },
  },
  net_dvr_schedtime = {
    size = 4,
    { "start_hour", 0, 1, "u8", "hour" },
    { "start_minute", 1, 1, "u8", "minute" },
    { "stop_hour", 2, 1, "u8", "hour" },
    { "stop_minute", 3, 1, "u8", "minute" },
  },
  net_dvr_recordsched = {
    size = 8,
    { "time", 0, 4, "struct", "NET_DVR_SCHEDTIME", "net_dvr_schedtime", 1 },
    { "record_type", 4, 1, "u8", "0 timed, 1 motion, 2 alarm, 3 motion or alarm, 4 both, 5 command, 6 smart" },
  },
  net_dvr_record_v30 = {
    size = 508,
    { "size", 0, 4, "structSize", "size of this structure in bytes" },
    { "enabled", 4, 4, "u32", "1 = records by schedule" },
    { "days", 8, 28, "struct", "Monday to Sunday", "net_dvr_recordday", 7 },
    { "segments", 36, 448, "struct", "eight segments a day, Monday first", "net_dvr_recordsched", 56 },
    { "keep_recording_index", 484, 4, "u32", "index of the time to go on after an event" },
    { "pre_record_index", 488, 4, "u32", "index of the time to begin before an event" },
    { "keep_days", 492, 4, "u32", "days after which recordings are deleted, 0 = when space is needed" },
    { "redundant", 496, 1, "u8", "1 = also on the redundant disk" },
    { "audio", 497, 1, "u8", "1 = with sound" },
  },
  net_dvr_diskstate = {
    size = 12,
    { "capacity_mb", 0, 4, "u32", "capacity in MB" },
    { "free_mb", 4, 4, "u32", "free space in MB" },
    { "status", 8, 4, "u32", "bit 0 asleep, bit 1 failed" },
  },
  net_dvr_workstate = {
    size = 196,
    { "device_status", 0, 4, "u32", "0 well, 1 processor above 85 %, 2 hardware failed" },
    { "disks", 4, 192, "struct", "disks", "net_dvr_diskstate", 16 },
  },
  net_dvr_compression_info_v30 = {
    size = 28,
    { "stream_type", 0, 1, "u8", "0 video, 1 video and audio" },
    { "resolution", 1, 1, "u8", "index, see resolutions" },
    { "bitrate_type", 2, 1, "u8", "0 variable, 1 constant" },
    { "quality", 3, 1, "u8", "0 best to 5 worst" },
    { "bitrate", 4, 4, "u32", "index, see bit rates; bit 31: the low bits are the value" },
    { "frame_rate", 8, 4, "u32", "index, see frame rates" },
    { "key_frame_interval", 12, 2, "u16", "frames from one key frame to the next" },
    { "b_frames", 14, 1, "u8", "0 BBP, 1 BP, 2 P" },
    { "video_codec", 16, 1, "u8", "0 and 1 H.264, 2 MPEG-4, 7 MJPEG, 10 H.265" },
    { "audio_codec", 17, 1, "u8", "0 G.722, 1 G.711u, 2 G.711a, 5 MP2, 6 G.726, 7 AAC, 8 PCM" },
  },
  net_dvr_compressioncfg_v30 = {
    size = 116,
    { "size", 0, 4, "structSize", "size of this structure in bytes" },
    { "main", 4, 28, "struct", "NET_DVR_COMPRESSION_INFO_V30", "net_dvr_compression_info_v30", 1 },
    { "others", 32, 84, "struct", "event, sub and reserved stream", "net_dvr_compression_info_v30", 3 },
  },
  net_dvr_alarminfo = {
    size = 24,
    { "alarm_type", 0, 4, "u32", "see alarm types" },
    { "alarm_input", 4, 4, "u32", "number of the alarm input" },
    { "alarm_outputs", 8, 4, "bits32", "alarm outputs switched by it" },
    { "recording_channels", 12, 4, "bits32", "channels that record because of it" },
    { "channels", 16, 4, "bits32", "channels it happened on" },
    { "disks", 20, 4, "bits32", "disks it happened on" },
  },
  net_dvr_alarminfo_v30 = {
    size = 100,
    { "alarm_type", 0, 4, "u32", "see alarm types" },
    { "alarm_inputs", 4, 32, "bitmap", "alarm inputs it happened on" },
    { "alarm_outputs", 36, 16, "bitmap", "alarm outputs switched by it" },
    { "recording_channels", 52, 16, "bitmap", "channels that record because of it" },
    { "channels", 68, 16, "bitmap", "channels it happened on" },
    { "disks", 84, 16, "bitmap", "disks it happened on" },
  },
  alarm_output_request = {
    size = 8,
    { "output", 0, 4, "u32", "number of the alarm output; 255 = all" },
    { "active", 4, 4, "u32", "1 on, 0 off" },
  },
  net_dvr_devicecfg_v40 = {
    size = 180,
    { "size", 0, 4, "structSize", "size of this structure in bytes" },
    { "name", 4, 32, "text", "name of the device" },
    { "device_number", 36, 4, "u32", "number for remote controls" },
    { "overwrite", 40, 4, "u32", "1 = the oldest recordings are overwritten" },
    { "serial", 44, 48, "text", "serial number" },
    { "software_version", 92, 4, "u32", "major << 24, minor << 16, revision" },
    { "software_build", 96, 4, "u32", "(year - 2000) << 16, month << 8, day" },
    { "dsp_version", 100, 4, "u32", "as softwareVersion" },
    { "dsp_build", 104, 4, "u32", "as softwareBuild" },
    { "panel_version", 108, 4, "u32", "front panel" },
    { "hardware_version", 112, 4, "u32", "hardware" },
    { "alarm_inputs", 116, 1, "u8", "alarm inputs" },
    { "alarm_outputs", 117, 1, "u8", "alarm outputs" },
    { "rs232_ports", 118, 1, "u8", "RS-232 ports" },
    { "rs485_ports", 119, 1, "u8", "RS-485 ports" },
    { "network_ports", 120, 1, "u8", "network ports" },
    { "disk_controllers", 121, 1, "u8", "disk controllers" },
    { "disks", 122, 1, "u8", "disks" },
    { "device_type_v30", 123, 1, "u8", "device type, older numbering" },
    { "channels", 124, 1, "u8", "analog channels; 1 for a camera" },
    { "first_channel", 125, 1, "u8", "number of the first one" },
    { "decode_channels", 126, 1, "u8", "channels that decode" },
    { "vga_ports", 127, 1, "u8", "VGA outputs" },
    { "usb_ports", 128, 1, "u8", "USB ports" },
    { "aux_outputs", 129, 1, "u8", "auxiliary video outputs" },
    { "voice_channels", 130, 1, "u8", "two-way audio channels" },
    { "ip_channels", 131, 1, "u8", "most IP channels" },
    { "zero_channels", 132, 1, "u8", "mosaic channels" },
    { "abilities", 133, 1, "u8", "bits: 1 smart search, 2 backup, 4 compression ability, 8 two networks, 16 remote discovery, 32 array" },
    { "e_sata_use", 134, 1, "u8", "0 recordings, 1 backup" },
    { "ip_channel_plug_and_play", 135, 1, "u8", "1 = IP channels are found by themselves" },
    { "storage_mode", 136, 1, "u8", "0 disk groups, 1 quotas, 2 frames apart" },
    { "abilities1", 137, 1, "u8", "bits: 1 SNMP 3, 2 playback and download differ" },
    { "device_type", 138, 2, "u16", "device type" },
    { "type_name", 140, 24, "text", "model" },
  },
  net_dvr_ntppara = {
    size = 80,
    { "server", 0, 64, "text", "name or address of the time server" },
    { "interval", 64, 2, "u16", "hours between corrections" },
    { "enabled", 66, 1, "u8", "1 = used" },
    { "zone_hours", 67, 1, "i8", "hours east of Greenwich" },
    { "zone_minutes", 68, 1, "i8", "minutes of the zone" },
    { "port", 70, 2, "u16", "UDP port, usually 123" },
  },
}

local REQUEST_BODIES = {
  [0x030200] = "ptz_control",
  [0x030009] = "jpeg_request",
  [0x110010] = "channel",
  [0x110040] = "channel",
  [0x110020] = "channel",
  [0x090100] = "channel",
  [0x090101] = "channel",
  [0x111040] = "net_dvr_filecond",
  [0x030d00] = "record_request",
  [0x030d01] = "record_request",
  [0x030401] = "alarm_output_request",
  [0x020501] = "net_dvr_time",
}

local REPLY_BODIES = {
  [0x1110c2] = "net_dvr_devicecfg_v40",
  [0x020500] = "net_dvr_time",
  [0x020112] = "net_dvr_ntppara",
  [0x111050] = "net_dvr_hdcfg",
  [0x110040] = "net_dvr_compressioncfg_v30",
  [0x110010] = "net_dvr_piccfg",
  [0x110020] = "net_dvr_record_v30",
  [0x040000] = "net_dvr_workstate",
}

local MIN_BYTES = 8
local MAX_BYTES = 16777216
local PADDING_BYTES = 64
local LOGIN = 0x10000
local JPEG = 0x30009
local ISAPI = 0x117000

local hsp = Proto("hsp", "Hikvision Surveillance Protocol (command port)")
local fields = {}
local registered = {}

local function register(key, field)
  fields[key] = field
  registered[#registered + 1] = field
end

-- What every frame has, whatever its header
register("direction", ProtoField.string("hsp.direction", "Direction"))
register("command", ProtoField.uint32("hsp.command", "Command", base.HEX, COMMANDS))
register("status", ProtoField.uint32("hsp.status", "Status", base.DEC, STATUSES))
register("client_ip", ProtoField.ipv4("hsp.client_ip", "Client address"))
register("user_id", ProtoField.uint32("hsp.user_id", "userID", base.HEX))
register("checksum_ok", ProtoField.bool("hsp.checksum_ok", "Checksum correct"))
register("body", ProtoField.bytes("hsp.body", "Body"))
register("isapi_request", ProtoField.string("hsp.isapi.request", "Request line"))
register("isapi_document", ProtoField.string("hsp.isapi.document", "Document"))
register("nonsense", ProtoField.string("hsp.nonsense", "Bytes without sense"))

local HEXADECIMAL = { auth_word = true, user_id = true, seed = true, sdk_version = true, software_version = true }
local VALUES = { command = COMMANDS, ret_val = STATUSES, status = STATUSES, alarm_type = ALARM_TYPES }

local function field_for(layout, entry)
  local key, kind, meaning = entry[1], entry[4], entry[5]
  local abbreviation = "hsp." .. layout .. "." .. key
  local values = VALUES[key]
  if layout == "ptz_control" and key == "code" then values = PTZ_CODES end
  if key == "status" and layout ~= "push_header" then values = nil end
  local format = (HEXADECIMAL[key] or key == "command") and base.HEX or base.DEC
  if kind == "u8" then return ProtoField.uint8(abbreviation, key, format, values, nil, meaning) end
  if kind == "u16" then return ProtoField.uint16(abbreviation, key, format, values, nil, meaning) end
  if kind == "u32" or kind == "structSize" then
    return ProtoField.uint32(abbreviation, key, format, values, nil, meaning)
  end
  if kind == "i8" then return ProtoField.int8(abbreviation, key, base.DEC, nil, nil, meaning) end
  if kind == "i32" then return ProtoField.int32(abbreviation, key, base.DEC, nil, nil, meaning) end
  if kind == "ipv4Reversed" then return ProtoField.ipv4(abbreviation, key, meaning) end
  if kind == "hex" and entry[3] == 6 then return ProtoField.ether(abbreviation, key, meaning) end
  if kind == "bytes" or kind == "hex" then return ProtoField.bytes(abbreviation, key, base.NONE, meaning) end
  return ProtoField.string(abbreviation, key, base.ASCII, meaning)
end

for layout, entries in pairs(LAYOUTS) do
  for _, entry in ipairs(entries) do
    if entry[4] ~= "struct" then register(layout .. "." .. entry[1], field_for(layout, entry)) end
  end
end
hsp.fields = registered

-- Bit 0 of the first byte is number 1
local function numbers_in(range)
  local numbers = {}
  for index = 0, range:len() - 1 do
    local byte = range(index, 1):uint()
    for bit = 0, 7 do
      if math.floor(byte / 2 ^ bit) % 2 == 1 then numbers[#numbers + 1] = tostring(8 * index + bit + 1) end
    end
  end
  return table.concat(numbers, ",")
end

local function numbers_in_word(word)
  local numbers = {}
  for bit = 0, 31 do
    if math.floor(word / 2 ^ bit) % 2 == 1 then numbers[#numbers + 1] = tostring(bit + 1) end
  end
  return table.concat(numbers, ",")
end

-- Adds the structure at the start of `range`, as far as it is there
local function add_layout(tree, layout, range)
  for _, entry in ipairs(LAYOUTS[layout]) do
    local key, offset, bytes, kind = entry[1], entry[2], entry[3], entry[4]
    if offset + bytes > range:len() then return end
    local part = range(offset, bytes)
    local field = fields[layout .. "." .. key]
    if kind == "struct" then
      local element = entry[6]
      local size = LAYOUTS[element].size
      for index = 0, entry[7] - 1 do
        local piece = part(index * size, size)
        local title = entry[7] > 1 and (key .. "[" .. index .. "]") or key
        add_layout(tree:add(hsp, piece, title), element, piece)
      end
    elseif kind == "ipv4Reversed" then
      tree:add_le(field, part)
    elseif kind == "bitmap" then
      tree:add(field, part, numbers_in(part))
    elseif kind == "bits32" then
      tree:add(field, part, numbers_in_word(part:uint()))
    elseif kind == "text" then
      tree:add(field, part, part:stringz())
    else
      tree:add(field, part)
    end
  end
end

local function is_request(range, length)
  if length < LAYOUTS.request_header.size then return false end
  local version = range(4, 1):uint()
  if version ~= 0x5a and version ~= 0x63 and version ~= 0x3c then return false end
  return range(5, 1):uint() <= 1 and range(6, 1):uint() == 0 and range(7, 1):uint() <= 3
end

local function sum(range, first, last)
  local total = 0
  local bytes = range:bytes()
  for at = first, last do total = total + bytes:get_index(at) end
  return total % 2 ^ 32
end

local PUSH_LENGTHS = { [2] = 8, [25] = 8, [26] = 8, [20] = 32, [104] = 108 }
local PUSH_ONLY = { [19] = true, [27] = true }

local function is_push(range, length)
  if length < LAYOUTS.reply_header.size then return true end
  local status = range(4, 4):uint()
  if PUSH_LENGTHS[status] == length then return true end
  if status == sum(range, 8, length - 1) or status == sum(range, 8, 15) then return false end
  if STATUSES[range(8, 4):uint()] ~= nil then return false end
  return PUSH_ONLY[status] or STATUSES[status] ~= nil
end

-- Which command the last request on a connection was, and for each packet with a reply, which one it answers
local asked = {}
local answered = {}

-- The fields of TCP are not there yet in a first pass without a tree, addresses are
local function connection(client, client_port, device, device_port)
  return tostring(client) .. ":" .. client_port .. " " .. tostring(device) .. ":" .. device_port
end

function hsp.init()
  asked = {}
  answered = {}
end

local function is_document(range, at)
  local first = range(at, 1):uint()
  local second = at + 1 < range:len() and range(at + 1, 1):uint() or 0
  if first == 0x3c then
    return second == 0x3f or second == 0x21 or second == 0x5f
      or (second >= 0x41 and second <= 0x5a) or (second >= 0x61 and second <= 0x7a)
  end
  return first == 0x7b and (second == 0x22 or second == 0x7d or second == 0x20 or second == 0x0a or second == 0x0d)
end

local function add_document(tree, range)
  for at = 0, math.min(range:len(), PADDING_BYTES) - 1 do
    if is_document(range, at) then
      tree:add(fields.isapi_document, range(at), range(at):string())
      return
    end
  end
end

local function add_isapi_request(tree, range)
  if range:len() < 20 then return end
  local line_bytes = range(12, 4):uint()
  if line_bytes < 2 or 20 + line_bytes > range:len() then return end
  tree:add(fields.isapi_request, range(20, line_bytes), range(20, line_bytes - 2):string())
  if 20 + line_bytes < range:len() then add_document(tree, range(20 + line_bytes)) end
end

local function body_of(range, header)
  local size = LAYOUTS[header].size
  if range:len() > size then return range(size) end
  return nil
end

local function name_of(values, number, format)
  return values[number] or string.format(format, number)
end

local function add_request(tree, range, length, pinfo)
  local command = range(12, 4):uint()
  local login = command == LOGIN and range(4, 1):uint() == 0x5a
  local header = login and "login_header" or "request_header"
  if range:len() < LAYOUTS[header].size then return "Request, cut off" end
  tree:add(fields.direction, "request"):set_generated()
  add_layout(tree:add(hsp, range(0, LAYOUTS[header].size), "Header"), header, range)
  tree:add(fields.command, range(12, 4))
  tree:add_le(fields.client_ip, login and range(24, 4) or range(16, 4))
  if not login then tree:add(fields.user_id, range(20, 4)) end
  if not pinfo.visited then
    asked[connection(pinfo.src, pinfo.src_port, pinfo.dst, pinfo.dst_port)] = { command = command, length = length }
  end
  local body = body_of(range, header)
  if body then
    local content = tree:add(fields.body, body)
    if login then
      add_layout(content, length == 224 and "login_request_1" or "login_request_2", body)
    elseif command == ISAPI then
      add_isapi_request(content, body)
    elseif REQUEST_BODIES[command] then
      add_layout(content, REQUEST_BODIES[command], body)
    end
  end
  return "Request " .. name_of(COMMANDS, command, "0x%08x")
end

local function add_reply(tree, range, length, pinfo)
  if range:len() < LAYOUTS.reply_header.size then return "Reply, cut off" end
  if not pinfo.visited then
    answered[pinfo.number] = asked[connection(pinfo.dst, pinfo.dst_port, pinfo.src, pinfo.src_port)]
  end
  local question = answered[pinfo.number]
  local command = question and question.command
  local status = range(8, 4):uint()
  tree:add(fields.direction, "reply"):set_generated()
  local info = "Reply " .. name_of(STATUSES, status, "%d")
  if command then info = info .. " to " .. name_of(COMMANDS, command, "0x%08x") end
  local login_done = command == LOGIN and question.length ~= 224 and status == 1
  if login_done then
    add_layout(tree:add(hsp, range(), "Login reply"), "login_reply", range)
    tree:add(fields.status, range(8, 4))
    return info
  end
  add_layout(tree:add(hsp, range(0, LAYOUTS.reply_header.size), "Header"), "reply_header", range)
  tree:add(fields.status, range(8, 4))
  if command ~= LOGIN then
    local last = (command == JPEG and 16 or length) - 1
    tree:add(fields.checksum_ok, range(4, 4), range(4, 4):uint() == sum(range, 8, last)):set_generated()
  end
  local body = body_of(range, "reply_header")
  if body then
    local content = tree:add(fields.body, body)
    if command and REPLY_BODIES[command] then
      add_layout(content, REPLY_BODIES[command], body)
    elseif command == ISAPI or command == nil then
      add_document(content, body)
    end
  end
  return info
end

local function add_push(tree, range)
  local status = range(4, 4):uint()
  tree:add(fields.direction, "push"):set_generated()
  add_layout(tree:add(hsp, range(0, LAYOUTS.push_header.size), "Header"), "push_header", range)
  tree:add(fields.status, range(4, 4))
  local info = "Push " .. name_of(STATUSES, status, "%d")
  local body = body_of(range, "push_header")
  if body then
    local content = tree:add(fields.body, body)
    if status == 104 then
      add_layout(content, "net_dvr_alarminfo_v30", body)
    elseif status == 20 then
      add_layout(content, "net_dvr_alarminfo", body)
    elseif status == 27 then
      local newer = body:len() >= LAYOUTS.net_dvr_finddata_v30.size
      add_layout(content, newer and "net_dvr_finddata_v30" or "net_dvr_find_data", body)
    end
    if (status == 104 or status == 20) and body:len() >= 4 then
      info = info .. " " .. name_of(ALARM_TYPES, body(0, 4):uint(), "type %d")
    end
  end
  return info
end

local first_in_segment = true

-- TCP calls once for a frame put together from segments and once for what follows it; earlier text stays in the column then
local function note(pinfo, info)
  local earlier = tostring(pinfo.cols.info)
  local ours = earlier:find("^Request ") or earlier:find("^Reply ") or earlier:find("^Push ")
  if not first_in_segment then
    pinfo.cols.info:append(", " .. info)
  else
    pinfo.cols.info:set((ours and ", " or "") .. info)
  end
  first_in_segment = false
end

local function dissect_frame(tvb, pinfo, root)
  local range = tvb()
  local length = tvb:len()
  local tree = root:add(hsp, range)
  local info
  if length < MIN_BYTES or tvb(0, 4):uint() ~= length then
    tree:add(fields.nonsense, range, tostring(range:bytes()))
    info = "Bytes without sense"
  elseif is_request(range, length) then
    info = add_request(tree, range, length, pinfo)
  elseif is_push(range, length) then
    info = add_push(tree, range)
  else
    info = add_reply(tree, range, length, pinfo)
  end
  tree:append_text(", " .. info)
  note(pinfo, info)
  return length
end

-- A length that cannot be true: the rest of the segment is shown as it is
local function frame_length(tvb, _, offset)
  local length = tvb(offset, 4):uint()
  if length < MIN_BYTES or length > MAX_BYTES then return tvb:len() - offset end
  return length
end

function hsp.dissector(tvb, pinfo, root)
  pinfo.cols.protocol:set("HSP")
  first_in_segment = true
  dissect_tcp_pdus(tvb, root, 4, frame_length, dissect_frame)
  return tvb:len()
end

DissectorTable.get("tcp.port"):add(8000, hsp)
