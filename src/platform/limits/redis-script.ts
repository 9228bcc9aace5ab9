import { createHash } from 'node:crypto'

/**
 * Decides all counters of one request at once, with the server's clock, and answers the revocation epoch with it.
 *
 * KEYS: the epoch, then one key per counter. ARGV: `take`, `peek` or `refund`, then for each counter its algorithm,
 * limit and window in ms. Times inside are microseconds. The answer: epoch (text), allowed (0 or 1), the server's Unix
 * ms, then for each counter: remaining, ms until the full limit is back, ms until one more request has room.
 *
 * The counters are those of the embedded limiter: a list of admission times, newest first; a hash of start, current and
 * previous count; a hash of day, count and the day before. A clock that was set back never refills: a list from the
 * future is read as if all of it had happened now, a window from the future starts now with all its counts, and a day
 * stays, unless the clock went back by more than one.
 */
const SOURCE = `
local mode = ARGV[1]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local DAY = 86400000000

local function text(number) return string.format('%.0f', number) end
local function ms(micros) return math.ceil(math.max(0, micros) / 1000) end

local function freshTimes(key, window)
  local newest = tonumber(redis.call('LINDEX', key, 0))
  if newest and newest > now then
    local count = redis.call('LLEN', key)
    redis.call('DEL', key)
    for _ = 1, count do redis.call('LPUSH', key, text(now)) end
    redis.call('PEXPIRE', key, ms(window) + 1000)
  end
  local oldest = tonumber(redis.call('LINDEX', key, -1))
  while oldest and now - oldest >= window do
    redis.call('RPOP', key)
    oldest = tonumber(redis.call('LINDEX', key, -1))
  end
end

local ring = {}
function ring.check(c)
  freshTimes(c.key, c.window)
  c.used = redis.call('LLEN', c.key)
  c.ok = c.used < c.limit
end
function ring.commit(c)
  redis.call('LPUSH', c.key, text(now))
  redis.call('PEXPIRE', c.key, ms(c.window) + 1000)
  c.used = c.used + 1
end
function ring.refund(c) redis.call('LPOP', c.key) end
function ring.report(c)
  local newest = tonumber(redis.call('LINDEX', c.key, 0))
  local reset = newest and newest + c.window - now or 0
  local retry = 0
  if c.used >= c.limit then
    retry = tonumber(redis.call('LINDEX', c.key, c.limit - c.used - 1)) + c.window - now
  end
  return math.max(0, c.limit - c.used), ms(reset), ms(retry)
end

local cells = {}
function cells.check(c)
  local row = redis.call('HMGET', c.key, 's', 'c', 'p')
  c.start, c.current, c.previous = tonumber(row[1]) or now, tonumber(row[2]) or 0, tonumber(row[3]) or 0
  if c.start > now then
    c.start, c.current, c.previous = now, math.min(c.limit, c.current + c.previous), 0
  elseif now >= c.start + 2 * c.window then
    c.start, c.current, c.previous = now, 0, 0
  elseif now >= c.start + c.window then
    c.start, c.current, c.previous = c.start + c.window, 0, c.current
  end
  c.ok = cells.used(c) + 1 <= c.limit + 0.000001
end
function cells.used(c) return c.previous * (1 - (now - c.start) / c.window) + c.current end
function cells.save(c)
  redis.call('HSET', c.key, 's', text(c.start), 'c', text(c.current), 'p', text(c.previous))
  redis.call('PEXPIRE', c.key, 2 * ms(c.window) + 1000)
end
function cells.commit(c) c.current = c.current + 1; cells.save(c) end
function cells.refund(c)
  if c.current > 0 then c.current = c.current - 1; cells.save(c) end
end
function cells.report(c)
  local reset, retry = 0, 0
  if c.current > 0 then reset = c.start + 2 * c.window - now
  elseif c.previous > 0 then reset = c.start + c.window - now end
  if cells.used(c) + 1 > c.limit + 0.000001 then
    local fading, room, start = c.previous, c.limit - 1 - c.current, c.start
    if room < 0 then fading, room, start = c.current, c.limit - 1, c.start + c.window end
    retry = start + c.window * (1 - room / fading) - now + 1
  end
  return math.max(0, math.floor(c.limit - cells.used(c) + 0.000001)), ms(reset), ms(retry)
end

local day = {}
function day.check(c)
  local today = math.floor(now / DAY)
  local row = redis.call('HMGET', c.key, 'd', 'u', 'pd', 'pu')
  c.day, c.used = tonumber(row[1]) or today, tonumber(row[2]) or 0
  c.before, c.usedBefore = tonumber(row[3]) or -1, tonumber(row[4]) or 0
  if today > c.day then
    c.before, c.usedBefore, c.day, c.used = c.day, c.used, today, 0
  elseif today < c.day - 1 then
    if today <= c.before then c.used = c.used + c.usedBefore end
    c.day, c.before, c.usedBefore = today, -1, 0
  end
  c.ok = c.used < c.limit
end
function day.save(c)
  redis.call('HSET', c.key, 'd', text(c.day), 'u', text(c.used), 'pd', text(c.before), 'pu', text(c.usedBefore))
  redis.call('PEXPIRE', c.key, ms((c.day + 2) * DAY - now))
end
function day.commit(c) c.used = c.used + 1; day.save(c) end
function day.refund(c)
  if c.used > 0 then c.used = c.used - 1; day.save(c) end
end
function day.report(c)
  local left = ms((c.day + 1) * DAY - now)
  return math.max(0, c.limit - c.used), c.used > 0 and left or 0, c.used >= c.limit and left or 0
end

local algorithms = { ['ring'] = ring, ['two-cell'] = cells, ['utc-day'] = day }
local counters = {}
local allowed = true
for i = 2, #KEYS do
  local at = (i - 2) * 3 + 2
  local limit, window = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]) * 1000
  local c = { key = KEYS[i], how = algorithms[ARGV[at]], limit = limit, window = window }
  c.how.check(c)
  allowed = allowed and c.ok
  counters[i - 1] = c
end

local epoch = redis.call('GET', KEYS[1])
if not epoch then
  epoch = text(now)
  redis.call('SET', KEYS[1], epoch)
end
local reply = { epoch, allowed and 1 or 0, math.floor(now / 1000) }
for _, c in ipairs(counters) do
  if mode == 'refund' then c.how.refund(c)
  elseif mode == 'take' and allowed then c.how.commit(c) end
  local remaining, reset, retry = c.how.report(c)
  reply[#reply + 1] = remaining
  reply[#reply + 1] = reset
  reply[#reply + 1] = (allowed or c.ok) and 0 or retry
end
return reply
`

/**
 * Raises the epoch. It never falls below the clock, so that a server that lost its data does not repeat old values: a
 * process that was quiet meanwhile would take the old value for "nothing changed".
 */
const BUMP_SOURCE = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local epoch = string.format('%.0f', math.max(now, (tonumber(redis.call('GET', KEYS[1])) or 0) + 1))
redis.call('SET', KEYS[1], epoch)
return epoch
`

export interface Script {
  readonly source: string
  readonly sha: string
}

const script = (source: string): Script => ({ source, sha: createHash('sha1').update(source).digest('hex') })

export const DECIDE = script(SOURCE)
export const BUMP_EPOCH = script(BUMP_SOURCE)
