/**
 * Writes lib/hsp.lua, the Wireshark dissector of the command port, from the tables and layouts of the codec: numbers, names,
 * offsets and meanings are theirs, only the walking is Lua.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ALARM_TYPES } from '../../lib/codec/alarm';
import { COMMAND_CODES } from '../../lib/codec/command-codes';
import { FRAME_HEADERS } from '../../lib/codec/frame';
import { isStruct, type Field, type Struct } from '../../lib/codec/layout';
import { loginReply, loginRequest1, loginRequest2 } from '../../lib/codec/login-messages';
import { RET_VALS } from '../../lib/codec/message';
import { allStructures, PTZ_CODES, stopCode, STRUCTURES } from '../../lib/codec/structs';
import { FRAME_MAX_BYTES, FRAME_MIN_BYTES, PASS_THROUGH_PADDING_BYTES } from '../../lib/settings';

const { camera, recorder, stream, event, config } = STRUCTURES;
const code = (name: keyof typeof COMMAND_CODES) => COMMAND_CODES[name].code;

/** Bodies whose command tells what they hold. */
const REQUEST_BODIES: readonly (readonly [number, Struct])[] = [
  [code('ptz'), camera.ptzControl],
  [code('jpeg'), camera.jpegRequest],
  [code('getPictureV30'), camera.channelRequest],
  [code('getCompressionV30'), camera.channelRequest],
  [code('getRecordScheduleV30'), camera.channelRequest],
  [code('keyFrameMain'), camera.channelRequest],
  [code('keyFrameSub'), camera.channelRequest],
  [code('findFile'), recorder.findFileRequest],
  [code('startRecord'), recorder.recordRequest],
  [code('stopRecord'), recorder.recordRequest],
  [code('setAlarmOutput'), event.alarmOutputRequest],
  [code('setTime'), config.netDvrTime],
].map(([command, layout]) => [command as number, layout as unknown as Struct]);

const REPLY_BODIES: readonly (readonly [number, Struct])[] = [
  [code('getDeviceV40'), config.netDvrDevice],
  [code('getTime'), config.netDvrTime],
  [code('getNtp'), config.netDvrNtp],
  [code('getDisks'), recorder.netDvrDisks],
  [code('getCompressionV30'), stream.netDvrCompression],
  [code('getPictureV30'), camera.netDvrPictureConfig],
  [code('getRecordScheduleV30'), recorder.recordSchedule],
  [code('getWorkState'), recorder.netDvrWorkState],
].map(([command, layout]) => [command as number, layout as unknown as Struct]);

const NAMED = { ...FRAME_HEADERS, loginRequest1, loginRequest2, loginReply };

/** Columns of a field in the Lua tables: key, offset, bytes, type, meaning, and for nested ones layout and count. */
function luaField(key: string, field: Field, offset: number): string {
  const nested = isStruct(field) ? field : field.element;
  const parts = [
    quote(key),
    offset,
    field.sizeBytes,
    quote(nested === undefined ? field.kind : 'struct'),
    quote(field.meaning),
  ];
  if (nested !== undefined && isStruct(nested)) parts.push(quote(luaName(nested)), field.count ?? 1);
  return `    { ${parts.join(', ')} },`;
}

function luaLayout(layout: Struct): string {
  const fields = layout.steps
    .filter(({ field }) => field.kind !== 'reserved')
    .map(({ key, field, offset }) => luaField(snake(key), field, offset));
  return [`  ${luaName(layout)} = {`, `    size = ${layout.sizeBytes},`, ...fields, '  },'].join('\n');
}

/** Layouts in an order in which nested ones come first. */
function allLayouts(): Struct[] {
  const seen = new Set<Struct>();
  const visit = (field: Field): void => {
    if (field.element !== undefined) visit(field.element);
    if (!isStruct(field)) return;
    for (const step of field.steps) visit(step.field);
    seen.add(field);
  };
  for (const layout of Object.values(NAMED)) visit(layout);
  for (const layout of allStructures()) visit(layout);
  return [...seen];
}

function luaTable(name: string, entries: Iterable<readonly [number, string]>, hex: boolean): string {
  const rows = [...entries].map(
    ([key, value]) => `  [${hex ? `0x${key.toString(16).padStart(6, '0')}` : key}] = ${value},`,
  );
  return [`local ${name} = {`, ...rows, '}'].join('\n');
}

const luaName = (layout: Struct) => layout.name.toLowerCase();
const snake = (key: string) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
/** Names and meanings are ASCII without escapes; Lua and JSON write them the same way. */
const quote = (text: string) => JSON.stringify(text);

const numbered = <T>(table: Readonly<Record<number, T>>, text: (entry: T) => string) =>
  Object.entries(table).map(([key, entry]) => [Number(key), quote(text(entry))] as const);

/** The dissector as text. */
export function dissectorLua(): string {
  const codes = Object.entries(COMMAND_CODES).map(([name, entry]) => [entry.code, quote(name)] as const);
  const ptz = Object.entries(PTZ_CODES).flatMap(([name, move]) => [
    [move, quote(name)] as const,
    [stopCode(move), quote(`stop ${name}`)] as const,
  ]);
  const bodies = (list: readonly (readonly [number, Struct])[]) =>
    list.map(([command, layout]) => [command, quote(luaName(layout))] as const);
  return [
    HEADER,
    luaTable('COMMANDS', codes, true),
    luaTable(
      'STATUSES',
      numbered(RET_VALS, ({ name }) => name),
      false,
    ),
    luaTable(
      'ALARM_TYPES',
      numbered(ALARM_TYPES, ({ name }) => name),
      false,
    ),
    luaTable('PTZ_CODES', ptz, false),
    ['local LAYOUTS = {', ...allLayouts().map(luaLayout), '}'].join('\n'),
    luaTable('REQUEST_BODIES', bodies(REQUEST_BODIES), true),
    luaTable('REPLY_BODIES', bodies(REPLY_BODIES), true),
    [
      `local MIN_BYTES = ${FRAME_MIN_BYTES}`,
      `local MAX_BYTES = ${FRAME_MAX_BYTES}`,
      `local PADDING_BYTES = ${PASS_THROUGH_PADDING_BYTES}`,
      `local LOGIN = 0x${code('login').toString(16)}`,
      `local JPEG = 0x${code('jpeg').toString(16)}`,
      `local ISAPI = 0x${code('isapi').toString(16)}`,
    ].join('\n'),
    WALKER,
  ].join('\n\n');
}

const HEADER = `-- Wireshark dissector of the Hikvision command port (HSP binary, TCP 8000).
-- Written by \`npm run docs\` from the tables in lib/codec; change those, not this file.
--
-- Use: copy it into the personal plugin folder of Wireshark, or \`tshark -X lua_script:hsp.lua\`.
-- Other ports: \`-d tcp.port==9000,hsp\`.
-- The facts come from open interoperability work; some are uncertain. The README of the package says which.`;

const WALKER = `local hsp = Proto("hsp", "Hikvision Surveillance Protocol (command port)")
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

-- Adds the structure at the start of \`range\`, as far as it is there
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
`;

/** Where the dissector lies, from the root of the project. */
export const DISSECTOR_FILE = 'lib/hsp.lua';

/** Writes the dissector into the project at `root`. */
export function writeDissector(root: string): void {
  writeFileSync(resolve(root, DISSECTOR_FILE), dissectorLua());
}
