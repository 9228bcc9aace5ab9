import { type Route, route } from '../../platform/http/index.ts'
import { createPairingCode, enrolDevice, listDevices, removeDevice } from './contract.ts'
import type { DeviceRow } from './repo.ts'
import type { DeviceService } from './service.ts'

const toDevice = ({ id, name, created_at, last_used_at }: DeviceRow) => ({
  id,
  name,
  created_at: new Date(created_at).toISOString(),
  last_used_at: last_used_at === null ? null : new Date(last_used_at).toISOString(),
})

export const deviceRoutes = (devices: DeviceService): Route[] => [
  route(createPairingCode, async ({ caller }) => {
    const { pairingCode, expiresAt } = await devices.createPairingCode(caller.accountId)
    return { pairing_code: pairingCode, expires_at: new Date(expiresAt).toISOString() }
  }),
  route(enrolDevice, async ({ body, request }) =>
    toDevice(await devices.enrol(body.hwid, body.name, body.pairing_code, request.ip)),
  ),
  route(listDevices, async ({ caller }) => ({ devices: (await devices.list(caller.accountId)).map(toDevice) })),
  route(removeDevice, async ({ caller, params }) => {
    await devices.remove(caller.accountId, `${caller.kind}:${caller.credentialId}`, params.id)
    return { success: true as const }
  }),
]
