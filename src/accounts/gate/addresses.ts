import { isIPv6 } from 'node:net'

/**
 * The network that counts as one client: an IPv4 address as it is, an IPv6 address by its /64, because one line hands
 * out that many addresses to whoever asks.
 *
 * @param ip As the socket or the trusted proxy names it; IPv4 in IPv6 clothes is unwrapped, a zone is dropped.
 */
export const networkOf = (ip: string): string => {
  if (!ip.includes(':')) return ip
  const plain = ip.split('%', 1)[0] ?? ip
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  return isIPv6(plain) ? `${expand(plain).slice(0, 4).join(':')}::/64` : plain
}

const expand = (address: string): string[] => {
  const [head = '', tail = ''] = address.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return [...left, ...zeros, ...right].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
}
