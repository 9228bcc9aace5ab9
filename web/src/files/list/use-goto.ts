import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { type FilesSearch, type Place, placeOf } from '../address.ts'

/** Where one is within the files, and ways to other places. */
export const useFilesAddress = () => {
  const { _splat = '' } = useParams({ strict: false })
  const search: FilesSearch = useSearch({ strict: false })
  const navigate = useNavigate()
  const place: Place = placeOf(_splat)
  return {
    place,
    search,
    /** Opens a folder, or the top, of the same drive. */
    toFolder: (id: string | null) =>
      navigate({ to: '/files/$', params: { _splat: id ?? '' }, search: keepDrive(search) }),
    /** Changes what the address says besides the place; undefined takes something away. */
    change: (part: { readonly [K in keyof FilesSearch]?: FilesSearch[K] | undefined }, replace = false) =>
      navigate({ to: '/files/$', params: { _splat }, search: withPart(search, part), replace }),
  }
}

export const keepDrive = ({ team, sort, order }: FilesSearch): FilesSearch => ({
  ...(team === undefined ? {} : { team }),
  ...(sort === undefined ? {} : { sort }),
  ...(order === undefined ? {} : { order }),
})

const withPart = (search: FilesSearch, part: object): FilesSearch =>
  Object.fromEntries(Object.entries({ ...search, ...part }).filter(([, value]) => value !== undefined && value !== ''))
