import { z } from 'zod'
import { endpoint } from '../../platform/http/contract.ts'
import { AccountErrors } from '../errors.ts'
import { GivenName } from '../names.ts'

const { CODE_INVALID, DEVICE_ENROLLED, DEVICE_NOT_FOUND, SIGN_IN_LIMITED } = AccountErrors

const Device = z
  .object({
    id: z.string(),
    name: z.string(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Device' })

export const createPairingCode = endpoint({
  method: 'POST',
  path: '/api/devices/pairing-codes',
  scope: 'any',
  by: ['session'],
  summary: 'Make a code that enrols one device within 10 minutes',
  returns: [201, z.object({ pairing_code: z.string(), expires_at: z.iso.datetime() })],
})

export const enrolDevice = endpoint({
  method: 'POST',
  path: '/api/devices',
  scope: 'public',
  summary: 'Enrol a device with a pairing code',
  description:
    'The HWID is a secret of the device, 32 to 256 characters; it then authenticates `/api/apikeys` in `X-HWID`.',
  body: z.strictObject({
    hwid: z
      .string()
      .min(32, 'A HWID needs at least 32 characters: serial numbers can be guessed.')
      .max(256)
      .regex(/^[\x21-\x7e]+$/, 'A HWID is made of printable ASCII characters.'),
    name: GivenName,
    pairing_code: z.string().min(1).max(64),
  }),
  returns: [201, Device],
  errors: { CODE_INVALID, DEVICE_ENROLLED, SIGN_IN_LIMITED },
})

export const listDevices = endpoint({
  method: 'GET',
  path: '/api/devices',
  scope: 'any',
  by: ['session', 'device'],
  summary: 'List enrolled devices',
  returns: [200, z.object({ devices: z.array(Device) })],
})

export const removeDevice = endpoint({
  method: 'DELETE',
  path: '/api/devices/:id',
  scope: 'any',
  by: ['session'],
  summary: 'Remove a device; it can authenticate no more',
  params: z.object({ id: z.string().max(64) }),
  returns: [200, z.object({ success: z.literal(true) })],
  errors: { DEVICE_NOT_FOUND },
})

export const deviceContracts = [createPairingCode, enrolDevice, listDevices, removeDevice] as const
