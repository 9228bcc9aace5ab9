import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { teamsQuery } from '../../app/teams.ts'
import { folderQuery, type Team } from '../queries.ts'
import { filesTexts } from '../texts.ts'
import { useDropTarget } from './drag.ts'
import { keepDrive, useFilesAddress } from './use-goto.ts'

/** What the top of the drive is called. */
export const useDriveName = (team: Team): string => {
  const t = filesTexts.use()
  const teams = useQuery({ ...teamsQuery, enabled: team !== undefined })
  return team === undefined ? t.myFiles : (teams.data?.find(({ id }) => id === team)?.name ?? t.drive)
}

/** The way to a folder; each step takes what is dropped on it. */
export const useTrail = (folder: string | null, team: Team): { id: string | null; name: string }[] => {
  const top = useDriveName(team)
  const found = useQuery({ ...folderQuery(folder ?? ''), enabled: folder !== null })
  return [{ id: null, name: top }, ...(folder === null ? [] : (found.data?.path ?? []))]
}

export const Breadcrumb = ({ folder }: { readonly folder: string | null }) => {
  const t = filesTexts.use()
  const { search } = useFilesAddress()
  const trail = useTrail(folder, search.team)
  return (
    <nav className="trail" aria-label={t.folders}>
      <ol>
        {trail.map(({ id, name }, index) => (
          <Step key={id ?? 'top'} id={id} name={name} isLast={index === trail.length - 1} />
        ))}
      </ol>
    </nav>
  )
}

const Step = ({
  id,
  name,
  isLast,
}: {
  readonly id: string | null
  readonly name: string
  readonly isLast: boolean
}) => {
  const { search } = useFilesAddress()
  const target = useDropTarget(id, name, search.team, !isLast)
  return (
    <li {...target}>
      {isLast ? (
        <h1 aria-current="page">
          <bdi>{name}</bdi>
        </h1>
      ) : (
        <Link to="/files/$" params={{ _splat: id ?? '' }} search={keepDrive(search)}>
          <bdi>{name}</bdi>
        </Link>
      )}
    </li>
  )
}
