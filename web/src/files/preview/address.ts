import { getFileContent } from '../../../../src/files/files/contract.ts'
import { api } from '../../api.ts'

/** Where the bytes of a file are, for images and recordings. */
export const contentUrl = (id: string): string => api.url(getFileContent, { params: { id } })

export const downloadUrl = (id: string): string => api.url(getFileContent, { params: { id }, query: { download: '1' } })
