import { defineErrors } from '../../platform/errors.ts'
import { bytes, type EndpointSpec, endpoint, rawBody } from '../../platform/http/contract.ts'

export const DavErrors = defineErrors({
  RESOURCE_NOT_FOUND: [404, 'There is nothing at this path.'],
  RESOURCE_EXISTS: [405, 'There is something at this path already.'],
  NAME_ALIKE: [409, 'There is something here already whose name differs only in case.'],
  NOT_A_FILE: [405, 'This is a folder. Only files have content.'],
  NO_PARENT: [409, 'The folder in which this would lie does not exist.'],
  FILE_PATH: [409, 'The path of a file does not end with a slash.'],
  IN_ITSELF: [409, 'A folder cannot be put into itself or in the place of a folder that it is in.'],
  TOO_DEEP: [409, 'Folders can be at most 64 levels deep.'],
  FIXED_PATH: [403, 'This folder cannot be made, moved or deleted.'],
  SAME_PATH: [403, 'The destination is where it is already.'],
  FOREIGN_DESTINATION: [502, 'The destination lies on another server.'],
  FORBIDDEN_DESTINATION: [403, 'The destination is no path of this drive.'],
  INFINITE_DEPTH: [403, 'Send Depth: 0 or Depth: 1. Whole trees are not listed at once.'],
  BODY_NOT_WANTED: [415, 'This method takes no body here.'],
  INVALID_XML: [400, 'The body is not the XML that this method takes.'],
  INVALID_HEADER: [400, 'A header of the request does not have the expected form.'],
  CONDITION_FAILED: [412, 'The resource is not in the state that the request depends on.'],
  DESTINATION_EXISTS: [412, 'There is something at the destination, and Overwrite is F.'],
  LOCKED: [423, 'This is locked. Send the token of the lock in the If header, or wait until it is released.'],
  LOCK_MISMATCH: [409, 'There is no such lock on this resource.'],
  LOCK_OF_OTHERS: [403, 'This lock belongs to somebody else.'],
  TOO_MANY_LOCKS: [507, 'There are too many locks. Release some of them.'],
  NO_ROOM: [507, 'There is no room for this.'],
})

const XML = bytes('application/xml')
const NOTHING = bytes('application/octet-stream')

type Spec = Omit<EndpointSpec, 'path' | 'aliases'>

const dav = <const S extends Spec>(spec: S) =>
  endpoint({ path: '/dav/*', aliases: ['/dav'], ...spec } as S & { path: '/dav/*'; aliases: ['/dav'] })

// Asked before anybody has been asked for a password. It tells nothing but what kind of server this is.
export const describeDav = dav({
  method: 'OPTIONS',
  scope: 'public',
  summary: 'What the drive can do',
  returns: [200, NOTHING],
})

export const readResource = dav({
  method: 'GET',
  scope: 'files:read',
  summary: 'Read a file of the drive',
  returns: [200, NOTHING],
  also: [206, 304],
})

export const writeResource = dav({
  method: 'PUT',
  scope: 'files:write',
  summary: 'Write a file of the drive',
  body: rawBody(),
  returns: [201, NOTHING],
  also: [204],
})

export const deleteResource = dav({
  method: 'DELETE',
  scope: 'files:delete',
  summary: 'Put a file or a folder of the drive into the trash',
  body: rawBody(),
  returns: [204, NOTHING],
})

export const findProperties = dav({
  method: 'PROPFIND',
  scope: 'files:read',
  summary: 'List a folder of the drive, or describe one thing in it',
  body: rawBody(),
  returns: [207, XML],
})

export const changeProperties = dav({
  method: 'PROPPATCH',
  scope: 'files:write',
  summary: 'Change properties of a file or a folder',
  body: rawBody(),
  returns: [207, XML],
})

export const makeCollection = dav({
  method: 'MKCOL',
  scope: 'folders:manage',
  summary: 'Create a folder of the drive',
  body: rawBody(),
  returns: [201, NOTHING],
})

export const copyResource = dav({
  method: 'COPY',
  scope: 'files:write',
  summary: 'Copy a file or a folder',
  body: rawBody(),
  returns: [201, NOTHING],
  also: [204],
})

export const moveResource = dav({
  method: 'MOVE',
  scope: 'files:write',
  summary: 'Move or rename a file or a folder',
  body: rawBody(),
  returns: [201, NOTHING],
  also: [204],
})

export const lockResource = dav({
  method: 'LOCK',
  scope: 'files:write',
  summary: 'Lock a path, or keep a lock for longer',
  body: rawBody(),
  returns: [200, XML],
  also: [201],
})

export const unlockResource = dav({
  method: 'UNLOCK',
  scope: 'files:write',
  summary: 'Release a lock',
  body: rawBody(),
  returns: [204, NOTHING],
})

/** What `Allow` says. */
export const DAV_ALLOW =
  'OPTIONS, GET, HEAD, PUT, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK' as const
