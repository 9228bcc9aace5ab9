/** Another process of the cluster: sends requests under one limit, all at once, and prints how many passed. */
import { Redis } from 'ioredis'
import { systemClock } from '../clock.ts'
import { redisLimiter, windowPolicy } from './index.ts'
import { sendTogether } from './limits-harness.ts'

const [url = '', subject = '', limit = '', count = ''] = process.argv.slice(2)

const redis = new Redis(url)
await new Promise((resolve) => redis.once('ready', resolve))
const limiter = redisLimiter({ redis, clock: systemClock, nodes: 2, timeoutMs: 5000 })
const charges = [{ subject, policy: windowPolicy('minute', Number(limit), 60_000) }]
console.log(await sendTogether(limiter, charges, Number(count)))
await redis.quit()
